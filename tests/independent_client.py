"""An independent client at the same server: Telethon, driven line by line.

Reads one JSON object a line from standard input, does what it says, and answers with one JSON
object a line. Knows nothing of Heliogram: only the ready file of the server.
"""

import asyncio
import hashlib
import json
import os
import sys

from telethon import TelegramClient, functions
from telethon.crypto import rsa
from telethon.sessions import MemorySession
from telethon.tl import types


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Script:
    def __init__(self, client, folder):
        self.client = client
        self.folder = folder

    async def channel(self, title):
        """The private channel of this title, of which there must be exactly one."""
        found = [
            dialog.entity
            async for dialog in self.client.iter_dialogs()
            if dialog.is_channel and dialog.name == title
        ]
        assert len(found) == 1, f"{len(found)} channels are called {title}"
        return found[0]

    async def fetch(self, title):
        """Downloads every file of a channel."""
        channel = await self.channel(title)
        files = []
        async for message in self.client.iter_messages(channel):
            if not message.document:
                continue
            path = os.path.join(self.folder, str(message.id))
            # It adds what it takes for the missing extension.
            path = await self.client.download_media(message, file=path)
            files.append({
                "id": message.id,
                "name": message.file.name,
                "bytes": message.file.size,
                "caption": message.message,
                "sha256": digest(path),
                "thumbnail": bool(message.document.thumbs),
            })
        return {"files": files}

    async def create(self, title):
        made = await self.client(functions.channels.CreateChannelRequest(
            title=title, about="", broadcast=True))
        return {"id": made.chats[0].id}

    async def send(self, title, paths, caption, as_file):
        """Sends one file, or several as a group."""
        sent = await self.client.send_file(
            await self.channel(title),
            paths if len(paths) > 1 else paths[0],
            caption=caption,
            force_document=as_file)
        sent = sent if isinstance(sent, list) else [sent]
        return {
            "ids": [message.id for message in sent],
            "groups": [message.grouped_id for message in sent],
        }

    async def edit(self, title, id, caption):
        await self.client.edit_message(await self.channel(title), id, caption)
        return {}

    async def write(self, title, text):
        """A message that carries no picture."""
        sent = await self.client.send_message(await self.channel(title), text)
        return {"ids": [sent.id]}

    async def delete(self, title, ids):
        await self.client.delete_messages(await self.channel(title), ids)
        return {}

    async def original(self, title, id):
        """What a message holds: for a photo, its largest size."""
        message = await self.client.get_messages(await self.channel(title), ids=id)
        path = os.path.join(self.folder, f"original-{id}")
        path = await self.client.download_media(message, file=path)
        return {"sha256": digest(path), "bytes": os.path.getsize(path)}


async def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        ready = json.load(file)
    rsa.add_key(ready["rsa_public_key"], old=False)
    host, port = ready["address"].rsplit(":", 1)
    session = MemorySession()
    session.set_dc(ready["dc_id"], host, int(port))
    client = TelegramClient(session, 1, "0" * 32, connection_retries=3, timeout=20)
    await client.connect()
    await client.send_code_request(ready["phone"])
    try:
        await client.sign_in(ready["phone"], ready["code"])
    except Exception as error:  # Only a password may be missing.
        if ready["password"] is None:
            raise error
        await client.sign_in(password=ready["password"])
    me = await client.get_me()
    assert isinstance(me, types.User) and me.is_self, me
    print(json.dumps({"me": me.id}), flush=True)
    script = Script(client, sys.argv[2])
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        answer = await getattr(script, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)
    await client.disconnect()


asyncio.run(main())

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
    def __init__(self, client, ready, folder):
        self.client = client
        self.ready = ready
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

    async def dialogs(self):
        """The list of chats, as an application shows it first."""
        dialogs = [dialog async for dialog in self.client.iter_dialogs(limit=50)]
        return {"titles": [dialog.name for dialog in dialogs],
                "tops": [dialog.message.id for dialog in dialogs]}

    async def browse(self, title, words, ids):
        """Messages by word, by what they hold, by number, and from the other end."""
        channel, client = await self.channel(title), self.client
        found = [m.id async for m in client.iter_messages(channel, search=words)]
        kinds = {}
        for name, kind in (
                ("files", types.InputMessagesFilterDocument),
                ("photos", types.InputMessagesFilterPhotos),
                ("videos", types.InputMessagesFilterVideo)):
            kinds[name] = [m.id async for m in client.iter_messages(channel, filter=kind)]
        by_id = await client.get_messages(channel, ids=ids)
        oldest = [m.id async for m in client.iter_messages(channel, reverse=True)]
        count = await client.get_messages(channel, limit=0)
        return {"found": found, **kinds, "oldest": oldest, "total": count.total,
                "by_id": [m.id if m else None for m in by_id]}

    async def thumbnail(self, title, id):
        """The largest thumbnail of a message, and the inline one; nothing where there is none."""
        message = await self.client.get_messages(await self.channel(title), ids=id)
        largest = await self.client.download_media(message, file=bytes, thumb=-1)
        inline = await self.client.download_media(message, file=bytes, thumb=0)
        return {"jpegs": [data[:2] == b"\xff\xd8" if data else None for data in (largest, inline)]}

    async def forward(self, title, to, ids):
        """Copies messages into another channel without saying whose they were."""
        sent = await self.client.forward_messages(
            await self.channel(to), ids, await self.channel(title), drop_author=True)
        return {"ids": [message.id for message in sent],
                "from": [message.fwd_from is not None for message in sent]}

    async def dress(self, title, new_title, picture):
        """Another title and a picture for a channel; what is then told of it."""
        channel = await self.channel(title)
        await self.client(functions.channels.EditTitleRequest(channel, new_title))
        await self.client(functions.channels.EditPhotoRequest(
            channel, types.InputChatUploadedPhoto(file=await self.client.upload_file(picture))))
        channel = await self.channel(new_title)
        full = await self.client(functions.channels.GetFullChannelRequest(channel))
        small = await self.client.download_profile_photo(channel, file=bytes, download_big=False)
        big = await self.client.download_profile_photo(channel, file=bytes, download_big=True)
        return {"title": full.chats[0].title, "photo": full.full_chat.chat_photo.id,
                "small": len(small), "big": len(big), "pts": full.full_chat.pts}

    async def second_session(self):
        """A second session by QR code, which this one accepts; it looks around and leaves."""
        second = new_client(self.ready)
        await second.connect()
        code = await second.qr_login()
        waiting = asyncio.ensure_future(code.wait(20))
        # The code must not be scanned before somebody waits for it.
        await asyncio.sleep(0)
        await self.client(functions.auth.AcceptLoginTokenRequest(code.token))
        me = await waiting
        titles = [dialog.name async for dialog in second.iter_dialogs()]
        left = await second.log_out()
        return {"me": me.id, "titles": titles, "left": left}

    async def leave(self):
        """Signs out; the server knows this session no longer."""
        left = await self.client.log_out()
        again = new_client(self.ready)
        await again.connect()
        authorized = await again.is_user_authorized()
        await again.disconnect()
        return {"left": left, "authorized": authorized}


def new_client(ready):
    """A client that knows nothing yet but where the server is."""
    host, port = ready["address"].rsplit(":", 1)
    session = MemorySession()
    session.set_dc(ready["dc_id"], host, int(port))
    return TelegramClient(session, 1, "0" * 32, connection_retries=3, timeout=20)


async def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        ready = json.load(file)
    rsa.add_key(ready["rsa_public_key"], old=False)
    client = new_client(ready)
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
    script = Script(client, ready, sys.argv[2])
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        answer = await getattr(script, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)
    await client.disconnect()


asyncio.run(main())

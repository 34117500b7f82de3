//! A server for one computer: it gives players the ranges of a video that they ask for.
//!
//! It listens on this computer's own address alone, at a port that the system chooses. Each video
//! has an address of its own with 256 random bits in it, which is said to the player and to nobody
//! else, never logged, and worth nothing once the server ends. A request that was led here by the
//! name of another host is refused, so that no web page gets anything from it. Tasks on the
//! network workers.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::iter::once;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use futures_util::stream::{Stream, StreamExt, iter};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderValue, IF_RANGE,
    RANGE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::range::{Part, part};
use crate::engine::core::Core;
use crate::engine::fetch::FetchError;
use crate::engine::originals::{Original, pieces};
use crate::engine::runtime::lock;
use crate::model::Photo;

/// Videos whose addresses are good at a time; players keep the last ones open.
const VIDEOS: usize = 64;
/// Players open a few connections each.
const CONNECTIONS: usize = 32;
/// Pieces of a video that are fetched ahead of the player, for each connection.
const AHEAD: usize = 4;
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it rests when the system has no connection left to give.
const REST: Duration = Duration::from_millis(200);

/// A token and its video.
type Videos = Arc<Mutex<VecDeque<(String, Arc<Photo>)>>>;

/// See the module. Dropping it ends all of it.
pub(crate) struct Server {
    at: SocketAddr,
    videos: Videos,
    _task: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(core: Core) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (at, videos) = (listener.local_addr()?, Videos::default());
        let mut task = JoinSet::new();
        task.spawn(serve(listener, Door { core, host: at.to_string(), videos: videos.clone() }));
        Ok(Self { at, videos, _task: task })
    }

    /// An address for a video.
    pub(crate) fn address_of(&self, video: &Arc<Photo>) -> std::io::Result<String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let mut videos = lock(&self.videos);
        videos.push_back((token.clone(), video.clone()));
        if videos.len() > VIDEOS {
            videos.pop_front();
        }
        Ok(format!("http://{}/{token}", self.at))
    }
}

async fn serve(listener: TcpListener, door: Door) {
    let door = Arc::new(door);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok(place) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let door = door.clone();
                open.spawn(async move {
                    let _place = place;
                    door.answer_all(stream).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a player could not connect");
                sleep(REST).await;
            }
        }
    }
}

struct Door {
    core: Core,
    /// What a request has to call this host.
    host: String,
    videos: Videos,
}

impl Door {
    async fn answer_all(self: Arc<Self>, stream: TcpStream) {
        let answer = service_fn(move |request: Request<Incoming>| {
            let answer = self.answer(&request);
            async move { Ok::<_, Infallible>(answer) }
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), answer)
            .await;
        if let Err(error) = served {
            // Players hang up as they please.
            tracing::debug!(%error, "a connection to a player ended");
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Content> {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        if header(HOST) != Some(&self.host) {
            return bare(StatusCode::FORBIDDEN);
        }
        let Some(video) = self.video(request.uri().path()) else {
            return bare(StatusCode::NOT_FOUND);
        };
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            let mut refused = bare(StatusCode::METHOD_NOT_ALLOWED);
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        let total = video.bytes;
        // Nothing that could be compared was ever said.
        let wanted = header(RANGE).filter(|_| header(IF_RANGE).is_none());
        let (status, range) = match part(wanted, total) {
            Part::Whole => (StatusCode::OK, 0..total),
            Part::Some(range) => (StatusCode::PARTIAL_CONTENT, range),
            Part::Nothing => {
                let mut refused = bare(StatusCode::RANGE_NOT_SATISFIABLE);
                say(&mut refused, CONTENT_RANGE, &format!("bytes */{total}"));
                return refused;
            }
        };
        let length = range.end - range.start;
        let within = format!("bytes {}-{}/{total}", range.start, range.end.saturating_sub(1));
        let content = if is_head {
            Content { pieces: None, left: length }
        } else {
            Content { pieces: Some(stream(self.core.clone(), &video, range)), left: length }
        };
        let mut answer = Response::new(content);
        *answer.status_mut() = status;
        let mime = Some(&*video.mime).filter(|mime| mime.starts_with("video/"));
        say(&mut answer, CONTENT_TYPE, mime.unwrap_or("video/mp4"));
        say(&mut answer, ACCEPT_RANGES, "bytes");
        say(&mut answer, CACHE_CONTROL, "no-store");
        if status == StatusCode::PARTIAL_CONTENT {
            say(&mut answer, CONTENT_RANGE, &within);
        }
        answer
    }

    fn video(&self, path: &str) -> Option<Arc<Photo>> {
        let token = path.strip_prefix('/')?;
        let videos = lock(&self.videos);
        videos.iter().find(|(known, _)| known == token).map(|(_, video)| video.clone())
    }
}

fn bare(status: StatusCode) -> Response<Content> {
    let mut answer = Response::new(Content { pieces: None, left: 0 });
    *answer.status_mut() = status;
    answer
}

/// Sets a header; one that cannot be said is left out.
fn say(answer: &mut Response<Content>, name: hyper::header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Arc<FetchError>>> + Send>>;

/// What is answered: so many bytes, in pieces. Without them only their number is said.
struct Content {
    pieces: Option<Pieces>,
    left: u64,
}

impl Body for Content {
    type Data = Bytes;
    type Error = Arc<FetchError>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Arc<FetchError>>>> {
        let Some(pieces) = &mut self.pieces else { return Poll::Ready(None) };
        let next = pieces.as_mut().poll_next(context);
        if let Poll::Ready(Some(Ok(piece))) = &next {
            self.left = self.left.saturating_sub(piece.len() as u64);
        }
        next.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The bytes of a range, a few pieces ahead of whoever takes them.
fn stream(core: Core, video: &Arc<Photo>, range: Range<u64>) -> Pieces {
    let work = core.busy.begin();
    let cut = pieces(once(range.clone()), video.bytes);
    let original = Original::of(&core, video);
    let pieces = iter(cut).map(move |piece| {
        let (core, original) = (core.clone(), original.clone());
        async move {
            let bytes = read(&core, &original, piece.clone()).await?;
            Ok((piece.start, Bytes::from(bytes)))
        }
    });
    Box::pin(pieces.buffered(AHEAD).map(move |piece| {
        let _until_the_end = &work;
        piece.map(|(at, bytes)| {
            // Pieces begin and end on blocks; the range need not.
            let within = |edge: u64| {
                let inside = edge.saturating_sub(at).min(bytes.len() as u64);
                usize::try_from(inside).unwrap_or(bytes.len())
            };
            bytes.slice(within(range.start)..within(range.end))
        })
    }))
}

/// One piece, for as long as it takes: players wait, but take an error for the end.
async fn read(
    core: &Core,
    original: &Original,
    piece: Range<u64>,
) -> Result<Vec<u8>, Arc<FetchError>> {
    let mut attempt = 0;
    loop {
        match original.read(piece.clone()).await {
            Err(error) if error.is_offline() && core.line_is_back(attempt).await => attempt += 1,
            Err(error) if error.wait().is_some() => sleep(error.wait().unwrap_or_default()).await,
            other => return other,
        }
    }
}

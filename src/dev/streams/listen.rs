//! Holds one stream or one poll open, as a browser or a program does: what ends is opened again from its cursor.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::timeout;

use super::StreamsError;
use super::ledger::Ledger;
use super::plan::{Kind, Plan};
use super::wire::Answer;

/// Streams have a heartbeat and polls an end, both after 25 s. Three times that is silence.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// Seconds that a poll is asked to wait: as long as the server allows.
const POLL_WAIT: u64 = 25;
/// How often in a row a connection is opened again.
const TRIES_MAX: usize = 10;
/// After a refusal or an end that says nothing else.
const REST: Duration = Duration::from_secs(1);
/// Where a stream begins whose member has seen nothing.
const BEGINNING: &str = "chat:0,nav:0";

/// Everybody who listens, and what they share.
pub(super) struct Room {
    pub(super) plan: Plan,
    pub(super) address: SocketAddr,
    /// By member.
    pub(super) tokens: Vec<String>,
    pub(super) ledger: Mutex<Ledger>,
    /// How often something was opened again, and how often the site had no seat.
    pub(super) came_back: AtomicUsize,
    pub(super) refused: AtomicUsize,
}

/// What a poll is answered.
#[derive(Deserialize)]
struct Polled {
    after: String,
    changed: Vec<String>,
}

/// What a stream says has changed.
#[derive(Deserialize)]
struct Changed {
    changed: Vec<String>,
}

/// An event of a stream; a comment has no name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event<'a> {
    name: &'a str,
    id: &'a str,
    data: &'a str,
}

/// A connection with the answer that comes on it.
struct Wire {
    stream: TcpStream,
    answer: Answer,
}

impl Room {
    /// Locks what all share. Whoever broke while holding it has ended the whole command anyway.
    pub(super) fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self, connection: usize) -> &str {
        &self.tokens[self.plan.member_of(connection)]
    }

    fn show(&self, connection: usize, cursor: &str) -> Result<(), StreamsError> {
        let version = chat_version(cursor).ok_or_else(|| StreamsError::Cursor(cursor.to_owned()))?;
        self.ledger().show(connection, version, Instant::now());
        Ok(())
    }

    async fn rest(&self, wire: &Wire) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(wire.answer.retry_after().map_or(REST, Duration::from_secs)).await;
    }
}

/// Opens a connection, says so once, and holds it open for good.
pub(super) async fn hold(
    room: &Room,
    connection: usize,
    opened: UnboundedSender<()>,
) -> Result<Infallible, StreamsError> {
    let mut opened = Some(opened);
    let mut cursor = match room.plan.kind(connection) {
        Kind::Live => BEGINNING.to_owned(),
        // Without a cursor it is answered at once, with one.
        Kind::Poll => String::new(),
    };
    let mut tries = 0;
    loop {
        let before = cursor.clone();
        let ended = match room.plan.kind(connection) {
            Kind::Live => live(room, connection, &mut cursor, &mut opened).await,
            Kind::Poll => poll(room, connection, &mut cursor, &mut opened).await,
        };
        match ended {
            Ok(()) | Err(StreamsError::Connection(_)) if tries < TRIES_MAX => {}
            Ok(()) => return Err(StreamsError::Closed { connection }),
            Err(fault) => return Err(fault),
        }
        tries = if before == cursor { tries + 1 } else { 0 };
        room.came_back.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(REST).await;
    }
}

/// `Ok` where the stream has ended without a word, as streams do after some minutes.
async fn live(
    room: &Room,
    connection: usize,
    cursor: &mut String,
    opened: &mut Option<UnboundedSender<()>>,
) -> Result<(), StreamsError> {
    let mut wire = Wire::connect(room, connection).await?;
    let head = format!(
        "GET /live?after={cursor} HTTP/1.1\r\nhost: {}\r\ncookie: session={}\r\naccept: text/event-stream\r\n\r\n",
        room.address,
        room.token(connection)
    );
    wire.ask(head).await?;
    match wire.status().await? {
        200 => {}
        503 => {
            room.rest(&wire).await;
            return Ok(());
        }
        status => return Err(StreamsError::Refused { what: "GET /live", status }),
    }
    if let Some(opened) = opened.take() {
        let _ = opened.send(());
    }
    while let Some(text) = wire.event().await? {
        let event = Event::of(&text);
        match event.name {
            "changed" => {
                let changed: Changed =
                    serde_json::from_str(event.data).map_err(|_| StreamsError::Event(text.clone()))?;
                if changed.changed.iter().any(|module| module == "chat") {
                    room.show(connection, event.id)?;
                }
                event.id.clone_into(cursor);
            }
            "end" => return Err(StreamsError::Ended(event.data.to_owned())),
            _ => {}
        }
    }
    Ok(())
}

/// Polls on one connection, as long as it lasts.
async fn poll(
    room: &Room,
    connection: usize,
    cursor: &mut String,
    opened: &mut Option<UnboundedSender<()>>,
) -> Result<(), StreamsError> {
    let mut wire = Wire::connect(room, connection).await?;
    loop {
        let after =
            if cursor.is_empty() { String::new() } else { format!("?after={cursor}&wait={POLL_WAIT}") };
        let head = format!(
            "GET /api/poll{after} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n",
            room.address,
            room.token(connection)
        );
        wire.ask(head).await?;
        match wire.status().await? {
            200 => {}
            503 => {
                room.rest(&wire).await;
                return Ok(());
            }
            status => return Err(StreamsError::Refused { what: "GET /api/poll", status }),
        }
        if !wire.whole().await? {
            return Ok(());
        }
        let body = wire.answer.body();
        let polled: Polled = serde_json::from_slice(body)
            .map_err(|_| StreamsError::Event(String::from_utf8_lossy(body).into_owned()))?;
        if cursor.is_empty() || polled.changed.iter().any(|module| module == "chat") {
            room.show(connection, &polled.after)?;
        }
        *cursor = polled.after;
        if let Some(opened) = opened.take() {
            let _ = opened.send(());
        }
    }
}

impl Wire {
    async fn connect(room: &Room, connection: usize) -> Result<Self, StreamsError> {
        let socket = TcpSocket::new_v4().map_err(StreamsError::Connection)?;
        socket
            .bind(SocketAddrV4::new(Plan::source(connection), 0).into())
            .map_err(StreamsError::Connection)?;
        let connected = timeout(SILENCE_MAX, socket.connect(room.address)).await;
        let stream = connected.map_err(|_| StreamsError::Silent)?.map_err(StreamsError::Connection)?;
        Ok(Self { stream, answer: Answer::new() })
    }

    async fn ask(&mut self, head: String) -> Result<(), StreamsError> {
        self.answer = Answer::new();
        self.stream.write_all(head.as_bytes()).await.map_err(StreamsError::Connection)
    }

    async fn status(&mut self) -> Result<u16, StreamsError> {
        loop {
            if let Some(status) = self.answer.status() {
                return Ok(status);
            }
            if !self.more().await? {
                return Err(StreamsError::Connection(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// The next event; none at the end of the stream.
    async fn event(&mut self) -> Result<Option<String>, StreamsError> {
        loop {
            if let Some(event) = self.answer.take_event() {
                return Ok(Some(event));
            }
            if self.answer.is_done() || !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// Whether the answer came whole.
    async fn whole(&mut self) -> Result<bool, StreamsError> {
        while !self.answer.is_done() {
            if !self.more().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes in what comes next. False at the end of the connection.
    async fn more(&mut self) -> Result<bool, StreamsError> {
        loop {
            let readable = timeout(SILENCE_MAX, self.stream.readable()).await;
            readable.map_err(|_| StreamsError::Silent)?.map_err(StreamsError::Connection)?;
            match self.pull() {
                Ok(got) => return got,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(StreamsError::Connection(error)),
            }
        }
    }

    /// Not async, so that the buffer is on the stack and not in thousands of tasks.
    fn pull(&mut self) -> io::Result<Result<bool, StreamsError>> {
        let mut buffer = [0; 4096];
        let got = self.stream.try_read(&mut buffer)?;
        Ok(self.answer.feed(&buffer[..got]).map(|()| got > 0).map_err(StreamsError::Wire))
    }
}

impl<'a> Event<'a> {
    fn of(text: &'a str) -> Self {
        let mut event = Self::default();
        for line in text.lines() {
            match line.split_once(": ") {
                Some(("event", name)) => event.name = name,
                Some(("id", id)) => event.id = id,
                Some(("data", data)) => event.data = data,
                _ => {}
            }
        }
        event
    }
}

/// `7` of `alerts:3,chat:7`.
fn chat_version(cursor: &str) -> Option<u64> {
    cursor.split(',').find_map(|module| module.strip_prefix("chat:"))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read() {
        let text = "event: changed\nid: chat:8,nav:3\ndata: {\"changed\":[\"chat\"]}";
        let event = Event { name: "changed", id: "chat:8,nav:3", data: r#"{"changed":["chat"]}"# };
        assert_eq!(Event::of(text), event);
        assert_eq!(Event::of(": still here"), Event::default());
    }

    #[test]
    fn a_cursor_has_the_version_of_chat() {
        assert_eq!(chat_version("alerts:3,chat:7,nav:1"), Some(7));
        assert_eq!(chat_version("alerts:3"), None);
        assert_eq!(chat_version("chat:"), None);
    }
}

//! Takes an HTTP/1.1 answer apart as it arrives, and keeps next to nothing: a client of the usual kind would need
//! more memory for thousands of open answers than the server that is measured.

/// Bytes of an answer's head, of a chunk's length, and of a body that nobody takes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What came is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("an answer that is no HTTP: {0:?}")]
    Nonsense(String),
    #[error("an answer larger than {0} bytes")]
    TooLarge(usize),
}

/// Where in the answer the next byte belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    Sized(usize),
    ChunkLength,
    Chunk(usize),
    ChunkEnd,
    /// Behind the last chunk.
    Trailer,
    Done,
}

/// An answer, as far as it has come.
#[derive(Debug)]
pub(super) struct Answer {
    place: Place,
    /// The head, or the line between two chunks, as far as it has come.
    line: Vec<u8>,
    body: Vec<u8>,
    status: u16,
    retry_after: Option<u64>,
}

impl Answer {
    pub(super) fn new() -> Self {
        Self { place: Place::Head, line: Vec::new(), body: Vec::new(), status: 0, retry_after: None }
    }

    /// The status, once the head is there.
    pub(super) fn status(&self) -> Option<u16> {
        (self.place != Place::Head).then_some(self.status)
    }

    /// Seconds.
    pub(super) fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    pub(super) fn is_done(&self) -> bool {
        self.place == Place::Done
    }

    /// What of the body is there and was not taken.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Takes the next event of an event stream, without the empty line that ends it.
    pub(super) fn take_event(&mut self) -> Option<String> {
        let end = self.body.windows(2).position(|two| two == b"\n\n")?;
        let event = String::from_utf8_lossy(&self.body[..end]).into_owned();
        // A new vector: what is empty most of the time should hold no memory.
        self.body = self.body[end + 2..].to_vec();
        Some(event)
    }

    /// Takes in what has arrived.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), WireError> {
        while !bytes.is_empty() {
            let taken = match self.place {
                Place::Head | Place::ChunkLength | Place::ChunkEnd | Place::Trailer => {
                    self.feed_line(bytes)?
                }
                Place::Sized(left) => {
                    let taken = self.feed_body(bytes, left)?;
                    self.place = if taken == left { Place::Done } else { Place::Sized(left - taken) };
                    taken
                }
                Place::Chunk(left) => {
                    let taken = self.feed_body(bytes, left)?;
                    self.place = if taken == left { Place::ChunkEnd } else { Place::Chunk(left - taken) };
                    taken
                }
                Place::Done => return Err(nonsense(bytes)),
            };
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn feed_body(&mut self, bytes: &[u8], left: usize) -> Result<usize, WireError> {
        let taken = left.min(bytes.len());
        if self.body.len() + taken > BODY_BYTES_MAX {
            return Err(WireError::TooLarge(BODY_BYTES_MAX));
        }
        self.body.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Up to the end of the line, or of the head.
    fn feed_line(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let end: &[u8] = if self.place == Place::Head { b"\r\n\r\n" } else { b"\r\n" };
        for (place, byte) in bytes.iter().enumerate() {
            self.line.push(*byte);
            if self.line.ends_with(end) {
                let line = std::mem::take(&mut self.line);
                let text = str::from_utf8(&line[..line.len() - end.len()]).map_err(|_| nonsense(&line))?;
                self.place = self.after(text)?;
                return Ok(place + 1);
            }
        }
        if self.line.len() > HEAD_BYTES_MAX {
            return Err(WireError::TooLarge(HEAD_BYTES_MAX));
        }
        Ok(bytes.len())
    }

    fn after(&mut self, line: &str) -> Result<Place, WireError> {
        let wrong = || nonsense(line.as_bytes());
        match self.place {
            Place::Head => self.read_head(line).ok_or_else(wrong),
            Place::ChunkLength => match usize::from_str_radix(line.trim(), 16).map_err(|_| wrong())? {
                0 => Ok(Place::Trailer),
                length => Ok(Place::Chunk(length)),
            },
            Place::ChunkEnd if line.is_empty() => Ok(Place::ChunkLength),
            Place::Trailer if line.is_empty() => Ok(Place::Done),
            Place::Trailer => Ok(Place::Trailer),
            _ => Err(wrong()),
        }
    }

    fn read_head(&mut self, head: &str) -> Option<Place> {
        let mut lines = head.split("\r\n");
        self.status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let headers: Vec<(String, &str)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        let value = |name| headers.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        self.retry_after = value("retry-after").and_then(|value| value.parse().ok());
        if value("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return Some(Place::ChunkLength);
        }
        match value("content-length").map_or(Some(0), |value| value.parse().ok())? {
            0 => Some(Place::Done),
            length => Some(Place::Sized(length)),
        }
    }
}

fn nonsense(bytes: &[u8]) -> WireError {
    WireError::Nonsense(String::from_utf8_lossy(bytes).chars().take(60).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\
                          f\r\nretry: 1000\n\n: \r\n1\r\n\n\r\n5\r\n\ne: 1\r\n";
    const SIZED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

    #[test]
    fn an_answer_is_the_same_however_it_is_cut() {
        for size in 1..SIZED.len() {
            let mut answer = Answer::new();
            assert_eq!(answer.status(), None);
            for bytes in SIZED.as_bytes().chunks(size) {
                assert!(!answer.is_done());
                answer.feed(bytes).unwrap();
            }
            assert!(answer.is_done());
            assert_eq!((answer.status(), answer.body()), (Some(200), &b"hello"[..]));
        }
    }

    #[test]
    fn events_come_out_of_chunks_cut_anywhere() {
        for size in 1..STREAM.len() {
            let mut answer = Answer::new();
            let mut events = Vec::new();
            for bytes in STREAM.as_bytes().chunks(size) {
                answer.feed(bytes).unwrap();
                events.extend(std::iter::from_fn(|| answer.take_event()));
            }
            assert_eq!(events, ["retry: 1000", ": "], "cut every {size}");
            assert!(!answer.is_done());
            assert_eq!(answer.body(), b"e: 1");
        }
        let mut answer = Answer::new();
        answer.feed(format!("{STREAM}0\r\n\r\n").as_bytes()).unwrap();
        assert!(answer.is_done());
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let mut answer = Answer::new();
        answer
            .feed(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        assert_eq!((answer.status(), answer.retry_after(), answer.is_done()), (Some(503), Some(7), true));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"] {
            assert!(Answer::new().feed(text.as_bytes()).is_err(), "{text}");
        }
        let mut answer = Answer::new();
        answer.feed(SIZED.as_bytes()).unwrap();
        assert!(answer.feed(b"more").is_err());
        let long = "x".repeat(HEAD_BYTES_MAX + 1);
        assert_eq!(Answer::new().feed(long.as_bytes()), Err(WireError::TooLarge(HEAD_BYTES_MAX)));
    }
}

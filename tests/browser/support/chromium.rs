//! One Chromium for all tests of this process, and the pipes through which it is told what to do.
//!
//! It ends with this process, however that ends: guard.sh sees to it. Calls block: tests of pages read as stories,
//! and the site that they visit runs on threads of its own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

const GUARD: &str = include_str!("guard.sh");
/// From the question to the answer, the start of Chromium included. Whoever waits longer has found a fault.
const CALL_MAX: Duration = Duration::from_mins(2);
const END_MAX: Duration = Duration::from_secs(20);
const TURN: Duration = Duration::from_millis(10);

static CHROMIUM: LazyLock<Chromium> = LazyLock::new(Chromium::start);

/// A running one. Dropping it ends it; the one of all tests ends with the process.
pub(crate) struct Chromium {
    guard: Child,
    pipe: Mutex<Option<ChildStdin>>,
    ears: Arc<Ears>,
}

/// What it said that nobody has taken yet.
#[derive(Default)]
struct Ears {
    said: Mutex<Said>,
    more: Condvar,
}

#[derive(Default)]
struct Said {
    calls: u64,
    answers: HashMap<u64, Value>,
    /// By session, in their order.
    events: HashMap<String, Vec<Value>>,
    /// What the guard said at the end: what to install, or the end of the log.
    last_words: Option<String>,
}

impl Chromium {
    /// The one of all tests, started by whoever asks first.
    pub(crate) fn of_all() -> &'static Self {
        &CHROMIUM
    }

    /// Starts one. The first call shows whether it runs.
    pub(crate) fn start() -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", GUARD, "pancake-chromium"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut guard = command.spawn().unwrap();
        let pipe = Mutex::new(guard.stdin.take());
        let (stdout, stderr) = (guard.stdout.take().unwrap(), guard.stderr.take().unwrap());
        let ears = Arc::new(Ears::default());
        let listening = ears.clone();
        std::thread::spawn(move || listening.listen(stdout, stderr));
        Self { guard, pipe, ears }
    }

    /// The group of its processes, the guard included.
    pub(crate) fn group(&self) -> u32 {
        self.guard.id()
    }

    /// Asks it something and waits for the answer. `session` is empty for what concerns the whole program.
    pub(crate) fn call(&self, session: &str, method: &str, params: &Value) -> Result<Value, String> {
        let mut said = self.ears.lock();
        said.calls += 1;
        let number = said.calls;
        drop(said);
        let mut message = json!({ "id": number, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let bytes = format!("{message}\0").into_bytes();
        if let Some(pipe) = &mut *self.pipe.lock().unwrap_or_else(PoisonError::into_inner) {
            // Where it has ended there will be no answer either, and that is told below.
            let _ = pipe.write_all(&bytes);
        }
        let mut answer = self.ears.wait(method, |said| said.answers.remove(&number));
        match answer["error"]["message"].as_str() {
            Some(why) => Err(format!("{method}: {why}")),
            None => Ok(answer["result"].take()),
        }
    }

    /// The events of a session since the last time.
    pub(crate) fn events(&self, session: &str) -> Vec<Value> {
        self.ears.lock().events.remove(session).unwrap_or_default()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
        let begun = Instant::now();
        while matches!(self.guard.try_wait(), Ok(None)) && begun.elapsed() < END_MAX {
            std::thread::sleep(TURN);
        }
        if matches!(self.guard.try_wait(), Ok(None)) {
            let _ = kill_process_group(Pid::from_child(&self.guard), Signal::KILL);
            let _ = self.guard.wait();
        }
    }
}

impl Ears {
    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Messages end with a zero byte.
    fn listen(&self, stdout: ChildStdout, mut stderr: ChildStderr) {
        let mut stdout = BufReader::new(stdout);
        let mut bytes = Vec::new();
        while stdout.read_until(0, &mut bytes).is_ok_and(|count| count > 0) {
            bytes.pop();
            let Ok(message) = serde_json::from_slice::<Value>(&bytes) else { break };
            let mut said = self.lock();
            match (message["id"].as_u64(), message["sessionId"].as_str()) {
                (Some(number), _) => {
                    said.answers.insert(number, message);
                }
                (None, Some(session)) => {
                    let session = session.to_owned();
                    said.events.entry(session).or_default().push(message);
                }
                (None, None) => {}
            }
            drop(said);
            self.more.notify_all();
            bytes.clear();
        }
        let mut words = String::new();
        let _ = stderr.read_to_string(&mut words);
        self.lock().last_words = Some(words);
        self.more.notify_all();
    }

    fn wait(&self, what: &str, mut take: impl FnMut(&mut Said) -> Option<Value>) -> Value {
        let begun = Instant::now();
        let mut said = self.lock();
        loop {
            if let Some(taken) = take(&mut said) {
                return taken;
            }
            if let Some(words) = &said.last_words {
                let words = words.clone();
                drop(said);
                panic!("there is no Chromium: {what} cannot be asked\n\n{words}");
            }
            let left = CALL_MAX.saturating_sub(begun.elapsed());
            assert!(!left.is_zero(), "Chromium did not answer {what} within {CALL_MAX:?}");
            said = self.more.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

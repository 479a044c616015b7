//! A driver as a child process: started when needed, killed when it does not answer.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::protocol::{Reply, Request};

/// How many of a driver's last lines on standard error are shown when it ends unexpectedly.
const KEPT_LINES: usize = 20;

/// How to start a driver.
#[derive(Debug, Clone)]
pub struct DriverCommand {
    /// The program.
    pub program: std::path::PathBuf,
    /// Its arguments.
    pub args: Vec<std::ffi::OsString>,
}

/// Why a driver gave no reply. The process is gone; the next request starts a new one.
#[derive(Debug, Clone)]
pub enum DriverFailure {
    /// It could not be started.
    Start(String),
    /// It ended, or said something that is no reply.
    Broken(String),
    /// It did not answer in time.
    TimedOut(Duration),
}

impl fmt::Display for DriverFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(reason) => write!(f, "the driver does not start: {reason}"),
            Self::Broken(reason) => write!(f, "the driver broke: {reason}"),
            Self::TimedOut(limit) => write!(f, "no answer within {} s; the driver was ended", limit.as_secs()),
        }
    }
}

impl std::error::Error for DriverFailure {}

/// A driver, running or not.
#[derive(Debug)]
pub struct Driver {
    command: DriverCommand,
    /// How long the driver may take to get ready; composing and compiling fall into this time.
    start_limit: Duration,
    /// How long one request may take.
    request_limit: Duration,
    process: Option<Process>,
    /// Why it did not start: it would not the next time either.
    start_failure: Option<String>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// None once the driver was told to end.
    stdin: Option<ChildStdin>,
    lines: Receiver<std::io::Result<String>>,
    stderr: Arc<Mutex<VecDeque<String>>>,
}

impl Driver {
    /// A driver that starts with its first request.
    pub fn new(command: DriverCommand, start_limit: Duration, request_limit: Duration) -> Self {
        Self { command, start_limit, request_limit, process: None, start_failure: None }
    }

    /// Sends a request and waits for its reply, starting the driver if it does not run.
    ///
    /// # Errors
    /// See [`DriverFailure`]. A refusal by the host is a [`Reply`], not an error.
    pub fn request(&mut self, request: &Request) -> Result<Reply, DriverFailure> {
        self.get_ready()?;
        let result = self.exchange(request);
        if result.is_err() {
            self.kill();
        }
        result
    }

    /// Starts the driver if it does not run.
    ///
    /// # Errors
    /// [`DriverFailure::Start`]; after the first time only a short one.
    pub fn get_ready(&mut self) -> Result<(), DriverFailure> {
        if let Some(reason) = &self.start_failure {
            return Err(DriverFailure::Start(reason.clone()));
        }
        if self.process.is_none()
            && let Err(failure) = self.start()
        {
            self.start_failure = Some("as before".to_owned());
            return Err(failure);
        }
        Ok(())
    }

    fn exchange(&mut self, request: &Request) -> Result<Reply, DriverFailure> {
        let limit = self.request_limit;
        let process = self.process.as_mut().ok_or_else(|| DriverFailure::Broken("it does not run".to_owned()))?;
        let mut line = serde_json::to_string(request).map_err(|error| DriverFailure::Broken(error.to_string()))?;
        line.push('\n');
        let sent = match &mut process.stdin {
            Some(stdin) => stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        match sent {
            Ok(()) => process.reply(limit),
            // Why it closed its input shows when its output ends.
            Err(_) => Err(process.reply(limit).err().unwrap_or_else(|| process.broken("it closed its input"))),
        }
    }

    fn start(&mut self) -> Result<(), DriverFailure> {
        let mut child = Command::new(&self.command.program)
            .args(&self.command.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| DriverFailure::Start(format!("`{}`: {error}", self.command.program.display())))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(DriverFailure::Start("its standard streams are missing".to_owned()));
        };
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let keeper = Arc::clone(&kept);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut kept = keeper.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT_LINES {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
        });
        let process = self.process.insert(Process { child, stdin: Some(stdin), lines, stderr: kept });
        match process.reply(self.start_limit) {
            Ok(Reply::Ready(_)) => Ok(()),
            Ok(_) => {
                self.kill();
                Err(DriverFailure::Start("its first line is not `{\"ready\":…}`".to_owned()))
            }
            Err(failure) => {
                self.kill();
                Err(DriverFailure::Start(failure.to_string()))
            }
        }
    }

    /// Ends the driver and everything it started.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // The driver leads a process group of its own, which holds the browser or server it started. Without
            // `unsafe` there is no call to signal a group, but there is a program.
            let group = format!("-{}", process.child.id());
            let killed = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            if !killed.is_ok_and(|status| status.success()) {
                // Already gone, or no such program: then at least the driver itself.
                let _ = process.child.kill();
            }
            let _ = process.child.wait();
        }
    }

    /// Closes the driver's input, lets it end by itself, and ends it if it does not.
    pub fn shut_down(&mut self) {
        if let Some(process) = &mut self.process {
            process.stdin = None;
            let deadline = Instant::now() + Duration::from_secs(5);
            while Instant::now() < deadline && matches!(process.child.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(10));
            }
        }
        // What the driver started may outlive it.
        self.kill();
    }
}

impl sqlink_slt::Driver for Driver {
    fn request(&mut self, request: &Request) -> Result<Reply, String> {
        self.request(request).map_err(|failure| failure.to_string())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl Process {
    /// Waits for the next line.
    fn reply(&mut self, limit: Duration) -> Result<Reply, DriverFailure> {
        match self.lines.recv_timeout(limit) {
            Ok(Ok(line)) => serde_json::from_str(&line).map_err(|error| {
                let start: String = line.chars().take(200).collect();
                self.broken(&format!("it said `{start}`, which is no reply ({error})"))
            }),
            Ok(Err(error)) => Err(self.broken(&format!("its output can't be read ({error})"))),
            Err(RecvTimeoutError::Timeout) => Err(DriverFailure::TimedOut(limit)),
            Err(RecvTimeoutError::Disconnected) => {
                let status = match self.child.wait() {
                    Ok(status) => status.to_string(),
                    Err(error) => error.to_string(),
                };
                // The thread that reads standard error may be a moment behind.
                thread::sleep(Duration::from_millis(50));
                Err(self.broken(&format!("it ended ({status})")))
            }
        }
    }

    fn broken(&self, reason: &str) -> DriverFailure {
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = reason.to_owned();
        for line in kept.iter() {
            text.push_str("\n    | ");
            text.push_str(line);
        }
        DriverFailure::Broken(text)
    }
}

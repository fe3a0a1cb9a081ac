//! The journal's own protocol, so that fields stay fields: an event becomes one record, which goes out through the queue.
//!
//! (tracing-journald sends from where the event happens, and a journal that stalls would stop the daemon.)

use super::queue::Queue;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, sendmsg_addr};
use std::fmt::{Debug, Write as _};
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Where the journal listens, on every system that has one.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";

/// The name under which `journalctl -t` finds the log.
const IDENTIFIER: &str = "reveille";

/// A connection to the journal.
#[derive(Debug)]
pub(super) struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// Fails where nothing listens.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // The journal ignores an empty record. One that stalls is a journal all the same, and is not waited for here.
        socket.set_nonblocking(true)?;
        match socket.send_to(&[], path) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            Err(_) | Ok(_) => {}
        }
        socket.set_nonblocking(false)?;
        Ok(Self { socket, path: path.to_owned() })
    }

    /// Sends a record, and waits for the journal: for the queue's thread alone.
    pub(super) fn send(&self, record: &[u8]) -> io::Result<()> {
        match self.socket.send_to(record, &self.path) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error()) => {
                self.send_large(record)
            }
            sent => sent.map(drop),
        }
    }

    /// What is too large for a datagram goes as a sealed file in memory, as the protocol has it.
    fn send_large(&self, record: &[u8]) -> io::Result<()> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = File::from(memfd_create("reveille-log", flags)?);
        file.write_all(record)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = SendAncillaryBuffer::new(&mut space);
        let files = [file.as_fd()];
        message.push(SendAncillaryMessage::ScmRights(&files));
        let journal = SocketAddrUnix::new(&self.path)?;
        sendmsg_addr(&self.socket, &journal, &[], &mut message, SendFlags::empty())?;
        Ok(())
    }
}

/// Turns each event into a record of the journal.
pub(super) struct JournalLayer(pub(super) Arc<Queue>);

impl<S: Subscriber> Layer<S> for JournalLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        fields.put("PRIORITY", priority(*metadata.level()).as_bytes());
        fields.put("SYSLOG_IDENTIFIER", IDENTIFIER.as_bytes());
        fields.put("TARGET", metadata.target().as_bytes());
        if let Some(file) = metadata.file() {
            fields.put("CODE_FILE", file.as_bytes());
        }
        if let Some(line) = metadata.line() {
            fields.put("CODE_LINE", line.to_string().as_bytes());
        }
        event.record(&mut fields);
        self.0.put(fields.0);
    }
}

/// The journal's own levels: what goes as planned is informational, not worth a notice.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// A record: a name, a newline, the value's length and the value, for each field. No value can forge another field.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn put(&mut self, name: &str, value: &[u8]) {
        self.0.extend(name.bytes().map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => byte.to_ascii_uppercase(),
            _ => b'_',
        }));
        self.0.push(b'\n');
        self.0.extend(u64::try_from(value.len()).unwrap_or_default().to_le_bytes());
        self.0.extend(value);
        self.0.push(b'\n');
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.as_bytes());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing to a string fails only if the value's own Debug does; then what came before it is the value.
        write!(text, "{value:?}").ok();
        self.put(field.name(), text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;
    use std::time::Duration;
    use tracing::subscriber::with_default;
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt;

    /// A journal in a folder, and a way to log to it.
    fn journal(folder: &tempfile::TempDir) -> (UnixDatagram, Arc<Queue>) {
        let path = folder.path().join("socket");
        let listener = UnixDatagram::bind(&path).unwrap();
        let journal = Journal::connect(&path).unwrap();
        assert_eq!(listener.recv(&mut [0; 1]).unwrap(), 0, "it is asked whether it is there");
        (listener, Queue::start(move |record| journal.send(record), |_| ()).unwrap())
    }

    /// The fields of a record.
    fn fields(mut record: &[u8]) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while !record.is_empty() {
            let name = record.iter().position(|byte| *byte == b'\n').unwrap();
            let (length, rest) = record[name + 1..].split_first_chunk().unwrap();
            let (value, rest) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap());
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            fields.push((text(&record[..name]), text(value)));
            record = rest.strip_prefix(b"\n").unwrap();
        }
        fields
    }

    #[test]
    fn each_field_of_an_event_is_a_field_of_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let (listener, queue) = journal(&folder);
        with_default(Registry::default().with(JournalLayer(queue)), || {
            tracing::warn!(target: "trial", service = "web\nPRIORITY=0", retry_in_ms = 7, late_ms = None::<u64>, "it is {}", "late");
        });
        let mut record = [0; 4096];
        let length = listener.recv(&mut record).unwrap();
        let mut fields = fields(&record[..length]);
        fields.retain(|(name, _)| !name.starts_with("CODE_"));
        let expected = [
            ("PRIORITY", "4"),
            ("SYSLOG_IDENTIFIER", "reveille"),
            ("TARGET", "trial"),
            ("MESSAGE", "it is late"),
            ("SERVICE", "web\nPRIORITY=0"),
            ("RETRY_IN_MS", "7"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_too_large_for_a_datagram_comes_as_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (listener, queue) = journal(&folder);
        let large = vec![b'x'; 4 << 20];
        // Larger than the queue, and alone in it.
        queue.put(large.clone());
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = rustix::net::RecvAncillaryBuffer::new(&mut space);
        rustix::net::recvmsg(&listener, &mut [], &mut control, rustix::net::RecvFlags::empty()).unwrap();
        let files = control.drain().filter_map(|message| match message {
            rustix::net::RecvAncillaryMessage::ScmRights(files) => Some(files),
            _ => None,
        });
        let files: Vec<OwnedFd> = files.flatten().collect();
        let mut file = File::from(files.into_iter().next().unwrap());
        let mut received = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        io::Read::read_to_end(&mut file, &mut received).unwrap();
        assert!(received == large);
    }

    #[test]
    fn a_journal_that_stalls_does_not_block_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let (listener, queue) = journal(&folder);
        let log = Arc::clone(&queue);
        with_default(Registry::default().with(JournalLayer(log)), || {
            for number in 0..5000 {
                tracing::info!(number, "more than any socket takes by itself");
            }
        });
        queue.flush(Duration::from_millis(1));
        let mut record = [0; 4096];
        let length = listener.recv(&mut record).unwrap();
        assert!(fields(&record[..length]).contains(&("NUMBER".to_owned(), "0".to_owned())));
    }
}

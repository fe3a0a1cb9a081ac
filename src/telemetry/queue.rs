//! The way from the process to the reader of its log: a bounded queue, and a thread that may have to wait for the reader.
//!
//! Whoever logs hands a finished record over and goes on, however slow the reader is. What does not fit is dropped,
//! counted, and reported in the log itself once the reader is back. (tracing-appender's writer bounds a number of lines,
//! not memory, and does not report what it dropped; and its end waits in two steps, the first of which loses a full queue.)

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

/// How many bytes may wait for the reader: some four thousand lines, more than an hour of a hundred services, and little
/// beside the 64 MiB that the examples in `deploy/` reserve.
const CAPACITY: usize = 1 << 20;

/// Once the queue was full, records are dropped until it has drained to this: one long gap and one report of it, not
/// thousands of short ones in turn.
const DRAINED_TO: usize = CAPACITY / 2;

/// What a record takes beside its bytes: a place in the queue, and the allocator's own share.
const OVERHEAD: usize = 64;

/// How soon a reader that is full, and says so instead of blocking, is tried again.
const NEXT_TRY: Duration = Duration::from_millis(50);

/// Records on their way to the log.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct State {
    records: VecDeque<Vec<u8>>,
    /// What the records take.
    bytes: usize,
    /// The thread has taken a record and is not back yet.
    is_writing: bool,
    /// The queue was full and has not drained yet.
    is_full: bool,
    /// Records that were dropped, and not reported yet.
    dropped: u64,
    /// Records that could not be written, and why the last of them could not.
    failed: u64,
    failure: Option<io::Error>,
    /// The end of the process has waited for the reader until its timeout, and does so once only.
    gave_up: bool,
}

/// What is missing in the log.
#[derive(Debug, Default)]
pub(super) struct Gap {
    dropped: u64,
    failed: u64,
    failure: Option<io::Error>,
}

impl Queue {
    /// A queue, and the thread that writes its records with `write` and hands what is missing to `report`.
    pub(super) fn start(
        write: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
        report: impl Fn(Gap) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self::default());
        let records = Arc::clone(&queue);
        thread::Builder::new().name("log".to_owned()).spawn(move || records.write_for_ever(write, report))?;
        Ok(queue)
    }

    /// Puts a record in, or drops it. Never waits.
    pub(super) fn put(&self, record: Vec<u8>) {
        let mut state = self.lock();
        let bytes = state.bytes.saturating_add(cost(&record));
        // With nothing before it, even a giant goes in: the thread that will end the gap must have something to do.
        state.is_full |= bytes > CAPACITY && state.bytes > 0;
        if state.is_full {
            state.dropped = state.dropped.saturating_add(1);
            return;
        }
        state.bytes = bytes;
        state.records.push_back(record);
        self.filled.notify_one();
    }

    /// Waits until everything is written, but no longer than this, and reaches that timeout only once.
    pub(super) fn flush(&self, at_most: Duration) {
        let state = self.lock();
        let patience = if state.gave_up { Duration::ZERO } else { at_most };
        let is_busy = |state: &mut State| state.is_writing || !state.records.is_empty();
        let waited = self.emptied.wait_timeout_while(state, patience, is_busy);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        state.gave_up |= waited.timed_out();
    }

    fn write_for_ever(&self, mut write: impl FnMut(&[u8]) -> io::Result<()>, report: impl Fn(Gap)) {
        loop {
            let record = self.next();
            if let Some(gap) = self.settle(&record, write(&record)) {
                report(gap);
            }
        }
    }

    /// Waits for a record.
    fn next(&self) -> Vec<u8> {
        let mut state = self.lock();
        state.is_writing = false;
        loop {
            if let Some(record) = state.records.pop_front() {
                state.is_writing = true;
                return record;
            }
            self.emptied.notify_all();
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A record was written, or not; the gap that can be reported now. Its report follows what was there before it.
    fn settle(&self, record: &[u8], written: io::Result<()>) -> Option<Gap> {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(cost(record));
        state.is_full &= state.bytes > DRAINED_TO;
        if let Err(error) = written {
            state.failed = state.failed.saturating_add(1);
            state.failure = Some(error);
            return None;
        }
        if state.is_full || (state.dropped == 0 && state.failed == 0) {
            return None;
        }
        Some(Gap {
            dropped: std::mem::take(&mut state.dropped),
            failed: std::mem::take(&mut state.failed),
            failure: state.failure.take(),
        })
    }

    /// Nothing is left half done under the lock, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(record: &[u8]) -> usize {
    record.len().saturating_add(OVERHEAD)
}

impl Gap {
    /// Logs it, like anything else.
    pub(super) fn report(self) {
        if self.dropped > 0 {
            tracing::warn!("{} dropped: the log's reader did not keep up", lines(self.dropped));
        }
        if self.failed > 0 {
            let error = self.failure.as_ref().map(tracing::field::display);
            tracing::warn!(error, "{} lost: the log could not be written", lines(self.failed));
        }
    }
}

fn lines(count: u64) -> String {
    if count == 1 { "1 log line was".to_owned() } else { format!("{count} log lines were") }
}

/// Writes to standard error, and waits for its reader: for the queue's thread alone.
pub(super) fn write_to_stderr(mut record: &[u8]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    while !record.is_empty() {
        match stderr.write(record) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => record = record.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(NEXT_TRY),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// One event for the queue: the subscriber writes each in one piece.
pub(super) struct Record<'q>(&'q Queue);

impl Write for Record<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The queue as the subscriber's writer.
pub(super) struct Writer(pub(super) Arc<Queue>);

impl<'w> MakeWriter<'w> for Writer {
    type Writer = Record<'w>;

    fn make_writer(&'w self) -> Record<'w> {
        Record(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// A queue whose reader takes a record for each permit, and everything once no more can come.
    fn queue() -> (Arc<Queue>, Sender<io::Result<()>>, Receiver<String>) {
        let (permit, permits) = channel();
        let (sender, log) = channel();
        let reports = sender.clone();
        let write = move |record: &[u8]| {
            permits.recv().unwrap_or(Ok(()))?;
            sender.send(String::from_utf8(record.to_vec()).unwrap()).unwrap();
            Ok(())
        };
        let report = move |gap: Gap| reports.send(format!("gap {} {}", gap.dropped, gap.failed)).unwrap();
        (Queue::start(write, report).unwrap(), permit, log)
    }

    #[test]
    fn a_reader_that_stalls_costs_bounded_memory_and_every_line_is_read_or_counted() {
        const LINES: usize = 20_000;
        let (queue, permit, log) = queue();
        for number in 0..LINES {
            queue.put(format!("{number:0>200}").into_bytes());
        }
        let bytes = queue.lock().bytes;
        assert!(bytes <= CAPACITY && bytes > CAPACITY / 2, "{bytes}");

        drop(permit);
        queue.flush(Duration::from_secs(120));
        queue.put(b"later".to_vec());
        queue.flush(Duration::from_secs(120));
        let log: Vec<String> = log.try_iter().collect();
        let gap = log.iter().position(|line| line.starts_with("gap")).unwrap();
        let read: Vec<usize> = log.iter().filter_map(|line| line.parse().ok()).collect();
        assert_eq!(read, (0..read.len()).collect::<Vec<_>>(), "what waited is there, in its order");
        assert_eq!(log[gap], format!("gap {} 0", LINES - read.len()));
        assert_eq!(log.iter().filter(|line| line.starts_with("gap")).count(), 1);
        assert_eq!(log.last().unwrap(), "later");
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_until_one_can() {
        let (queue, permit, log) = queue();
        for _ in 0..3 {
            permit.send(Err(ErrorKind::StorageFull.into())).unwrap();
            queue.put(b"lost".to_vec());
        }
        drop(permit);
        queue.put(b"written".to_vec());
        queue.flush(Duration::from_secs(120));
        assert_eq!(log.try_iter().collect::<Vec<_>>(), ["written", "gap 0 3"]);
    }

    #[test]
    fn a_line_larger_than_the_queue_is_written_and_nothing_after_it_is_lost() {
        let (queue, permit, log) = queue();
        queue.put(vec![b'x'; 2 * CAPACITY]);
        permit.send(Ok(())).unwrap();
        queue.flush(Duration::from_secs(120));
        drop(permit);
        queue.put(b"small".to_vec());
        queue.flush(Duration::from_secs(120));
        assert_eq!(log.try_iter().map(|line| line.len()).collect::<Vec<_>>(), [2 * CAPACITY, 5]);
    }

    #[test]
    fn the_end_of_the_process_times_out_only_once() {
        let (queue, _permit, _log) = queue();
        queue.put(b"never read".to_vec());
        queue.flush(Duration::from_millis(1));
        queue.flush(Duration::MAX);
    }
}

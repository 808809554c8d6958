//! How a reply leaves: whole, in pieces, late, damaged, or not at all.
//!
//! Takes a reply and the mishap that is planned for it, gives an HTTP response whose body is a script of bytes, pauses
//! and a break. A connection that is to be reset is told so through its [`Switch`].

use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// What a broken-off body waits for before it breaks, so that the first half is on its way.
const FLUSH: Duration = Duration::from_millis(3);

/// Fine, to be reset, or to be reset when what was written is on its way.
const FINE: u8 = 0;
const RESET: u8 = 1;
const RESET_AFTER: u8 = 2;

/// Tells a connection that it is to be reset.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<AtomicU8>);

impl Switch {
    /// Resets the connection when it is dropped, and lets nothing more through.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::SeqCst);
    }

    fn reset_after(&self) {
        self.0.store(RESET_AFTER, Ordering::SeqCst);
    }

    fn is_reset(&self) -> bool {
        self.0.load(Ordering::SeqCst) == RESET
    }
}

/// A connection with a switch.
pub(crate) struct Line {
    stream: TcpStream,
    switch: Switch,
    /// Who waits for the next request.
    reader: Option<Waker>,
}

impl Line {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, switch: Switch::default(), reader: None }
    }

    pub(crate) fn switch(&self) -> Switch {
        self.switch.clone()
    }

    fn check(&self) -> Result<(), Error> {
        if self.switch.is_reset() { Err(ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.switch.0.load(Ordering::SeqCst) != FINE {
            // Without lingering a close is a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        self.check()?;
        self.reader = Some(cx.waker().clone());
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() && self.switch.0.load(Ordering::SeqCst) == RESET_AFTER {
            self.switch.reset();
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // A close in good order is not what was planned.
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

enum Step {
    Send(Bytes),
    Wait(Duration),
    /// The connection ends here.
    Break,
}

/// A body that follows a script.
pub(crate) struct Flow {
    steps: VecDeque<Step>,
    /// Bytes that are announced and not yet sent.
    left: u64,
    sleep: Option<Pin<Box<Sleep>>>,
    switch: Option<(Switch, bool)>,
}

impl Flow {
    /// The body as it is.
    pub(crate) fn whole(body: Vec<u8>) -> Self {
        let left = body.len() as u64;
        let steps = if body.is_empty() { VecDeque::new() } else { VecDeque::from([Step::Send(body.into())]) };
        Self { steps, left, sleep: None, switch: None }
    }

    /// Half of the body, a pause, and then the rest (`None`: the end of the connection).
    pub(crate) fn halved(body: Vec<u8>, pause: Option<Duration>) -> Self {
        let mut flow = Self::whole(Vec::new());
        flow.left = body.len() as u64;
        let (first, second) = body.split_at(body.len() / 2);
        flow.steps.push_back(Step::Send(Bytes::copy_from_slice(first)));
        flow.steps.push_back(Step::Wait(pause.unwrap_or(FLUSH)));
        flow.steps.push_back(match pause {
            Some(_) => Step::Send(Bytes::copy_from_slice(second)),
            None => Step::Break,
        });
        flow
    }

    /// The body in 16 pieces with a pause before each.
    pub(crate) fn dripping(body: &[u8], pause: Duration) -> Self {
        let mut flow = Self::whole(Vec::new());
        flow.left = body.len() as u64;
        for piece in body.chunks(body.len().div_ceil(16).max(1)) {
            flow.steps.extend([Step::Wait(pause), Step::Send(Bytes::copy_from_slice(piece))]);
        }
        flow
    }

    /// Resets the connection at the break, or behind the last byte.
    pub(crate) fn resetting(mut self, switch: Switch) -> Self {
        let at_end = !self.steps.iter().any(|step| matches!(step, Step::Break));
        self.switch = Some((switch, at_end));
        self
    }
}

impl Body for Flow {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        loop {
            if let Some(sleep) = &mut this.sleep {
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.sleep = None;
            }
            match this.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Wait(pause)) => this.sleep = Some(Box::pin(tokio::time::sleep(pause))),
                Some(Step::Send(bytes)) if bytes.is_empty() => {}
                Some(Step::Send(bytes)) => {
                    this.left -= bytes.len() as u64;
                    if let Some((switch, true)) = this.switch.as_ref().filter(|_| this.left == 0) {
                        switch.reset_after();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Break) => {
                    if let Some((switch, _)) = &this.switch {
                        switch.reset();
                    }
                    return Poll::Ready(Some(Err(ErrorKind::BrokenPipe.into())));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.sleep.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

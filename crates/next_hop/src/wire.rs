//! One end of an SMTP connection, in clear or in TLS: a read buffer that lets go of its memory when
//! idle, writes that are whole or fail, and a deadline on every wait that costs next to nothing.

use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsStream;

use super::timer::Timer;

/// The read buffer of a connection that has not carried a message yet.
const SMALL_BUFFER: usize = 2 * 1024;
/// How much of what a peer still sends is read before a close.
const LAST_BYTES: usize = 256 * 1024;
/// How many slices go into one system call.
const SLICES: usize = 256;

/// A connection with its read buffer.
#[derive(Debug)]
pub struct Wire {
    stream: Stream,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that have been consumed.
    consumed: usize,
    timer: Timer,
}

#[derive(Debug)]
enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Away for a handshake.
    Taken,
}

impl Wire {
    /// A connection in clear. Small writes go out at once: with Nagle's algorithm and delayed
    /// acknowledgements a dialogue stalls for 40 ms at a time.
    pub fn new(stream: TcpStream) -> Self {
        let _ = stream.set_nodelay(true);
        Wire::of(Stream::Clear(stream))
    }

    /// A connection whose handshake is done.
    pub fn tls(stream: impl Into<TlsStream<TcpStream>>) -> Self {
        Wire::of(Stream::Tls(Box::new(stream.into())))
    }

    fn of(stream: Stream) -> Self {
        Wire { stream, buffer: Vec::new(), consumed: 0, timer: Timer::default() }
    }

    /// Takes the connection in clear out, to do a handshake on; nothing can be read or written here
    /// after that. None where it is in TLS already, or where bytes have come that were read in
    /// clear: they must not count as said in TLS (RFC 3207 section 4.2).
    pub fn take_clear(&mut self) -> Option<TcpStream> {
        if !self.buffered().is_empty() || !matches!(self.stream, Stream::Clear(_)) {
            return None;
        }
        match std::mem::replace(&mut self.stream, Stream::Taken) {
            Stream::Clear(stream) => Some(stream),
            Stream::Tls(_) | Stream::Taken => None,
        }
    }

    /// What has been read and not consumed.
    pub fn buffered(&self) -> &[u8] {
        &self.buffer[self.consumed..]
    }

    /// Marks the first `n` bytes of [`Wire::buffered`] as consumed.
    pub fn consume(&mut self, n: usize) {
        self.consumed = self.consumed.saturating_add(n).min(self.buffer.len());
        if self.consumed == self.buffer.len() {
            self.buffer.clear();
            self.consumed = 0;
        }
    }

    /// Makes room for that many bytes in the read buffer.
    pub fn make_room(&mut self, bytes: usize) {
        let have = self.buffered().len();
        self.buffer.reserve(bytes.saturating_sub(have));
    }

    /// Lets go of the read buffer's memory where nothing is in it.
    pub fn shrink(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > SMALL_BUFFER {
            self.buffer = Vec::new();
        }
    }

    /// Reads more into the buffer: how many bytes, 0 at the end of the stream.
    ///
    /// # Errors
    /// `TimedOut` at the deadline, or what the connection failed with.
    pub async fn fill(&mut self, deadline: Instant) -> io::Result<usize> {
        if self.consumed > 0 {
            self.buffer.drain(..self.consumed);
            self.consumed = 0;
        }
        if self.buffer.capacity() - self.buffer.len() < SMALL_BUFFER / 4 {
            self.buffer.reserve(SMALL_BUFFER);
        }
        let Wire { stream, buffer, timer, .. } = self;
        poll_fn(|cx| match pin!(stream.read_buf(buffer)).poll(cx) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => timer.check(cx, deadline),
        })
        .await
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// As [`Wire::fill`]; some of it may have gone out then.
    pub async fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> io::Result<()> {
        self.write_slices(&mut [IoSlice::new(bytes)], deadline).await
    }

    /// Writes all segments one after the other, many of them in one system call. Each call may last
    /// until `deadline()`.
    ///
    /// # Errors
    /// As [`Wire::write_all`].
    pub async fn write_segments<'a>(
        &mut self,
        segments: impl Iterator<Item = &'a [u8]>,
        deadline: impl Fn() -> Instant,
    ) -> io::Result<()> {
        let mut slices = Vec::with_capacity(8);
        let mut segments = segments.peekable();
        while let Some(segment) = segments.next() {
            slices.push(IoSlice::new(segment));
            if slices.len() == SLICES || segments.peek().is_none() {
                self.write_slices(&mut slices, deadline()).await?;
                slices.clear();
            }
        }
        Ok(())
    }

    async fn write_slices(&mut self, mut slices: &mut [IoSlice<'_>], deadline: Instant) -> io::Result<()> {
        let Wire { stream, timer, .. } = self;
        IoSlice::advance_slices(&mut slices, 0);
        poll_fn(|cx| {
            while !slices.is_empty() {
                let written = match &*slices {
                    [one] => Pin::new(&mut *stream).poll_write(cx, one),
                    many => Pin::new(&mut *stream).poll_write_vectored(cx, many),
                };
                match written {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(n)) => IoSlice::advance_slices(&mut slices, n),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return timer.check(cx, deadline),
                }
            }
            match Pin::new(&mut *stream).poll_flush(cx) {
                Poll::Pending => timer.check(cx, deadline),
                done => done,
            }
        })
        .await
    }

    /// Whether the peer has nothing to say and has not hung up, as far as is known without waiting.
    pub fn is_quiet(&mut self) -> bool {
        let mut byte = [0u8; 1];
        let mut cx = Context::from_waker(Waker::noop());
        self.buffered().is_empty()
            && Pin::new(&mut self.stream).poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_pending()
    }

    /// Whether the connection is in TLS.
    pub fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Writes a few last bytes if the connection takes them without waiting.
    pub fn write_now(&mut self, bytes: &[u8]) {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(Ok(_)) = Pin::new(&mut self.stream).poll_write(&mut cx, bytes) {
            let _ = Pin::new(&mut self.stream).poll_flush(&mut cx);
        }
    }

    /// Ends the connection so that the peer still receives what was written last: what it still
    /// sends is read and dropped, since a close with unread bytes resets the connection and takes
    /// the last reply with it.
    pub async fn close(mut self, deadline: Instant) {
        let Wire { stream, timer, .. } = &mut self;
        let shutdown = poll_fn(|cx| match Pin::new(&mut *stream).poll_shutdown(cx) {
            Poll::Pending => timer.check(cx, deadline),
            done => done,
        })
        .await;
        let mut left = LAST_BYTES;
        while shutdown.is_ok() && left > 0 {
            self.consume(usize::MAX);
            match self.fill(deadline).await {
                Ok(n) if n > 0 => left = left.saturating_sub(n),
                _ => return,
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => match ready!(Pin::new(stream).poll_read(cx, buf)) {
                // A peer that hangs up without TLS's goodbye has hung up.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                done => Poll::Ready(done),
            },
            Stream::Taken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Taken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Taken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Taken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Taken => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    async fn pair() -> (Wire, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Wire::new(listener.accept().await.unwrap().0), client)
    }

    fn after(ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(ms)
    }

    #[tokio::test]
    async fn each_wait_has_its_own_deadline() {
        let (mut wire, mut client) = pair().await;
        let start = Instant::now();
        assert_eq!(wire.fill(after(30)).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() >= Duration::from_millis(30));
        // A timer armed early must not end a longer wait, nor a long one delay a short one.
        let writer = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(60)).await;
            client.write_all(b"abc").await.unwrap();
            client
        });
        assert_eq!(wire.fill(after(5_000)).await.unwrap(), 3);
        let _client = writer.await.unwrap();
        let start = Instant::now();
        assert_eq!(wire.fill(after(30)).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(2));
        assert_eq!(wire.buffered(), b"abc");
    }

    #[tokio::test]
    async fn many_segments_arrive_in_order_past_full_buffers() {
        let (mut wire, mut client) = pair().await;
        let segments: Vec<Vec<u8>> = (0..3000u32).map(|i| vec![i as u8; (i % 3000) as usize]).collect();
        let expected = segments.concat();
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            client.read_to_end(&mut all).await.unwrap();
            all
        });
        wire.write_segments(segments.iter().map(Vec::as_slice), || after(5_000)).await.unwrap();
        wire.close(after(1_000)).await;
        assert!(reader.await.unwrap() == expected);
    }

    #[tokio::test]
    async fn a_peer_that_does_not_read_runs_into_the_deadline() {
        let (mut wire, _client) = pair().await;
        let error = wire.write_all(&vec![0; 64 << 20], after(50)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn quiet_means_open_and_silent() {
        let (mut wire, mut client) = pair().await;
        assert!(wire.is_quiet());
        client.write_all(b"421 bye\r\n").await.unwrap();
        wire.fill(after(1_000)).await.unwrap();
        assert!(!wire.is_quiet());
        wire.consume(9);
        drop(client);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!wire.is_quiet());
    }
}

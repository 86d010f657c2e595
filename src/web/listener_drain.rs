//! Closing a listening socket without losing clients that are already connecting.
//!
//! A connection that nobody has accepted is reset when its listener closes. Its client has been told that it is open
//! and may have sent a request, and no proxy sends a POST again that it has once sent. So new connections are held off
//! first: their clients hear nothing, and try again until they are refused, which every proxy takes to another node.
//! What has come in until then is accepted, and only then the listener closes.

use std::io;
use std::time::Duration;

use tokio::net::TcpListener;

/// What a handshake takes that had begun.
pub const HANDSHAKE_MAX: Duration = Duration::from_millis(10);

/// From here on no new connection begins; those that have begun come in.
///
/// # Errors
/// If the kernel refuses.
#[cfg(target_os = "linux")]
pub fn hold_off(listener: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};

    /// Loads the byte at `k`.
    const LOAD: u16 = 0x30;
    /// Goes on `jt` or `jf` steps later, as it has one of the bits in `k` or not.
    const HAS: u16 = 0x45;
    /// Keeps `k` bytes of the packet.
    const KEEP: u16 = 0x06;
    /// Where a TCP header has its flags.
    const FLAGS: u32 = 13;
    /// Whoever sends it asks for a connection.
    const SYN: u32 = 0x02;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD, 0, 0, FLAGS),
        SockFilter::new(HAS, 0, 1, SYN),
        SockFilter::new(KEEP, 0, 0, 0),
        SockFilter::new(KEEP, 0, 0, u32::MAX),
    ])
}

/// Elsewhere some microseconds are left in which one may be lost.
///
/// # Errors
/// If the kernel refuses.
#[cfg(not(target_os = "linux"))]
pub fn hold_off(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

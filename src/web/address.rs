//! Whose address a request comes from, when proxies stand between.
//!
//! Anybody can send an `X-Forwarded-For`; only the part that configured proxies wrote is believed. Limits and
//! the list of one's logins rest on this.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;

use crate::kernel::config::Config;

/// Hops that are looked at. More proxies in a row than this nobody runs.
const HOPS_MAX: usize = 32;

/// Leading bits of an IPv6 address that are one network's: providers give a customer a /64, a /56 or a /48.
const NETWORK_BITS: u32 = 48;

/// The address of the client that sent this.
pub fn client(request: &Request, config: &Config) -> IpAddr {
    // Requests made inside the process, by use cases, come from nowhere.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    client_address(peer, request.headers(), &config.trusted_proxies)
}

/// The network that shares one place for all: an IPv4 address, or the first 48 bits of an IPv6 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(prefix(address, NETWORK_BITS)),
        address @ IpAddr::V4(_) => address,
    }
}

/// The address with only these leading bits.
pub fn prefix(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() >> (128 - bits) << (128 - bits))
}

/// The nearest address that is no trusted proxy, seen from here.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut nearest = peer.to_canonical();
    // Each proxy appends whom it got the request from, so the last entry is the one that the peer wrote.
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).take(HOPS_MAX);
    for hop in hops {
        if !is_trusted(nearest, trusted) {
            break;
        }
        // What a trusted proxy wrote that is no address (`unknown`, say): nothing before it counts either.
        let Some(address) = parse(hop.trim()) else { break };
        nearest = address;
    }
    nearest
}

/// True for one of the configured proxies.
pub fn is_trusted(address: IpAddr, trusted: &[IpAddr]) -> bool {
    trusted.iter().any(|proxy| proxy.to_canonical() == address.to_canonical())
}

/// An address, perhaps with a port, perhaps in brackets.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|address| address.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"], &[]), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"], &["10.0.0.1"]), "192.0.2.1");
    }

    #[test]
    fn the_rightmost_untrusted_hop_counts() {
        let proxies = ["10.0.0.1", "10.0.0.2"];
        assert_eq!(seen("10.0.0.1", &["198.51.100.7"], &proxies), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4, 198.51.100.7, 10.0.0.2"], &proxies), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4", "198.51.100.7", "10.0.0.2"], &proxies), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["10.0.0.2"], &proxies), "10.0.0.2");
        assert_eq!(seen("10.0.0.1", &[], &proxies), "10.0.0.1");
    }

    #[test]
    fn forms_of_addresses() {
        let proxies = ["10.0.0.1"];
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.7:4711"], &proxies), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]:4711"], &proxies), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]"], &proxies), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4, unknown"], &proxies), "10.0.0.1");
    }
}

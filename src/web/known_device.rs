//! Devices that a member has logged in with before. What strangers try does not shut them out: they have an allowance of
//! their own for logging in to this one account.
//!
//! A device is known by a signed cookie that holds a member and a random number, and gives nobody a login. (OWASP,
//! "Slow Down Online Guessing Attacks with Device Cookies".)

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::cookies::{self, cookie};
use super::secret::Secret;
use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};

/// As long as browsers keep a cookie.
const SECONDS: u32 = 400 * 24 * 60 * 60;
const PURPOSE: &str = "device";

/// A device of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    pub member: MemberId,
    /// Random, and new with each device. It names the device where its tries are counted.
    pub number: String,
}

impl KnownDevice {
    /// The one that has sent this, if its cookie is ours.
    pub async fn of(ctx: &Context, headers: &HeaderMap) -> Option<Self> {
        let value = cookie(headers, name(ctx.config()))?;
        let secret = Secret::of(ctx).await.ok()?;
        read(secret, value)
    }
}

/// Makes a device one of this member.
///
/// # Errors
/// If the site's secret cannot be read.
pub async fn cookie_for(ctx: &Context, member: MemberId) -> Result<HeaderValue, Failure> {
    let number = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let value = write(Secret::of(ctx).await?, &KnownDevice { member, number });
    Ok(cookies::set(ctx.config(), name(ctx.config()), &value, SECONDS, "Lax"))
}

fn write(secret: &Secret, device: &KnownDevice) -> String {
    let (member, number) = (device.member.uuid().simple().to_string(), &device.number);
    let signature = secret.sign(PURPOSE, &[member.as_bytes(), number.as_bytes()]);
    format!("{member}.{number}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn read(secret: &Secret, value: &str) -> Option<KnownDevice> {
    let mut parts = value.split('.');
    let (Some(member), Some(number), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !secret.fits(PURPOSE, &[member.as_bytes(), number.as_bytes()], &signature) {
        return None;
    }
    Some(KnownDevice { member: MemberId::of(member.parse().ok()?), number: number.to_owned() })
}

/// Only https can have the safe name, which no other site can set.
fn name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-device" } else { "device" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cookie_of_this_site_makes_a_device_known() {
        let secret = Secret::fixed(7);
        let member = MemberId::of("01890000-0000-7000-8000-000000000001".parse().unwrap());
        let device = KnownDevice { member, number: "abc".to_owned() };
        let value = write(&secret, &device);
        assert_eq!(read(&secret, &value), Some(device));
        assert_eq!(read(&Secret::fixed(8), &value), None, "of another site");
        for altered in
            [value.replace("abc", "abd"), value.replacen('1', "2", 1), format!("{value}."), String::new()]
        {
            assert_eq!(read(&secret, &altered), None, "{altered}");
        }
    }
}

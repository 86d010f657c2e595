//! `./r bench photos`: eight members upload photos of 12 megapixels at once. How much slower are other pages meanwhile,
//! and how long does a photo take beside `vipsthumbnail` on the same files?
//!
//! Both are ratios of the same run: machines differ and have neighbours.

#[path = "../shared/figures.rs"]
#[expect(dead_code, reason = "the other benchmarks need more of it")]
mod figures;
#[path = "../../tests/shared/join.rs"]
mod join;
#[path = "../../tests/shared/site.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod site;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::{Method, Request, header};
use chrono::TimeDelta;
use clap::Parser;
use futures::future::{join, try_join_all};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use image::{Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use pancake::dev::test_site::{TestSite, TestSiteOptions};
use pancake::store::{PrivatePostgres, Server, discard};
use serde_json::Value;

use figures::median;
use site::Site;

/// Whatever ends a run: it is said and nothing more.
type Fault = Box<dyn Error + Send + Sync>;
type Browser = Client<HttpConnector, Full<Bytes>>;

const DATABASE: &str = "photos_run";
/// Of a camera: 12 megapixels.
const SIDES: (u16, u16) = (4000, 3000);
/// Different files.
const FILES: usize = 10;
/// What the site keeps of a photo: pixels of the longer side.
const SIZES: [&str; 3] = ["1920x1920", "960x960", "320x320"];
/// What else is asked for.
const PAGES: [&str; 3] = ["/api/alerts", "/api/media", "/"];

/// Measures uploads of photos, beside other pages and beside vipsthumbnail.
#[derive(Debug, Parser)]
#[command(name = "./r bench photos", max_term_width = 100)]
struct Asked {
    /// Photos in all
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(8..=10_000))]
    photos: u16,
    /// Members that upload at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=16))]
    clients: u16,
    /// What `cargo bench` says to every benchmark
    #[arg(long = "bench", hide = true)]
    _bench: bool,
}

fn main() -> ExitCode {
    let asked = Asked::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.map_err(Fault::from).and_then(|runtime| runtime.block_on(run(&asked)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}

async fn run(asked: &Asked) -> Result<(), Fault> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("photos");
    fs::create_dir_all(&folder)?;
    let files = (0..FILES).map(|number| camera(number).map(Bytes::from)).collect::<Result<Vec<_>, _>>()?;
    let server = Server { durable: true, max_connections: 250 };
    let postgres = PrivatePostgres::start(&folder.join("postgres"), server).await?;
    let done = measure(asked, &folder, &postgres, &files).await;
    postgres.stop().await?;
    discard(&folder.join("postgres")).await?;
    let thumbnails = vips(&folder, &files);
    fs::remove_dir_all(&folder)?;
    let photo = done?;
    match thumbnails? {
        Some(vips) => println!(
            "vipsthumbnail, three sizes a file on one thread: {vips:.0?} a photo; the site takes {:.2} times that",
            photo.as_secs_f64() / vips.as_secs_f64()
        ),
        None => println!("vipsthumbnail is not there (libvips-tools): nothing to compare with"),
    }
    Ok(())
}

/// Returns what a photo takes.
async fn measure(
    asked: &Asked,
    folder: &Path,
    postgres: &PrivatePostgres,
    files: &[Bytes],
) -> Result<Duration, Fault> {
    let stage = TestSite::open_with(postgres, DATABASE, TestSiteOptions::of(64)).await?;
    let mut tokens = Vec::new();
    for number in 0..=asked.clients {
        let member = join::join(&stage, &format!("member{number:03}"), "approved").await;
        // Logins end, and the program goes by the real time.
        stage.ctx.clock().set_ahead(TimeDelta::zero());
        tokens.push(stage.login(member).await?);
    }
    stage.settle().await?;
    stage.close().await;
    let url = site::url(&postgres.options(), "pancake", "", DATABASE);
    let data = folder.join("site");
    let site = Site::start(&data, &[("DATABASE_URL", &url), ("LIMITS_FACTOR", "100000")]);
    let (reader, uploaders) = tokens.split_first().ok_or("nobody")?;
    let browser: Browser = Client::builder(TokioExecutor::new()).build_http();

    let enough = AtomicUsize::new(300);
    let _warm = pages(&browser, site.address(), reader, &enough).await?;
    enough.store(600, Ordering::SeqCst);
    let quiet = pages(&browser, site.address(), reader, &enough).await?;

    enough.store(usize::MAX, Ordering::SeqCst);
    let begun = Instant::now();
    let uploads = async {
        let all = uploaders.iter().enumerate().map(|(number, token)| {
            let own = (number..usize::from(asked.photos)).step_by(uploaders.len());
            upload(
                &browser,
                site.address(),
                token,
                own.map(|photo| files[photo % files.len()].clone()).collect(),
            )
        });
        let done = try_join_all(all).await;
        enough.store(0, Ordering::SeqCst);
        done.map(|_| begun.elapsed())
    };
    let (took, busy) = join(uploads, pages(&browser, site.address(), reader, &enough)).await;
    let (took, busy) = (took?, busy?);
    let photo = took / u32::from(asked.photos);
    println!(
        "{} photos of 12 megapixels by {} clients: {:.1} s, {photo:.0?} a photo",
        asked.photos,
        asked.clients,
        took.as_secs_f64()
    );
    let (quiet, busy) = (median(quiet), median(busy));
    println!(
        "other pages: median {:.2} ms before, {:.2} ms meanwhile: {:.2} times",
        quiet * 1e3,
        busy * 1e3,
        busy / quiet
    );
    Ok(photo)
}

/// Seconds of each answer, until there are enough.
async fn pages(
    browser: &Browser,
    address: &str,
    token: &str,
    enough: &AtomicUsize,
) -> Result<Vec<f64>, Fault> {
    let mut seconds = Vec::new();
    for path in PAGES.iter().cycle() {
        if seconds.len() >= enough.load(Ordering::SeqCst) {
            break;
        }
        let begun = Instant::now();
        ask(browser, Method::GET, address, path, (token, Bytes::new())).await?;
        seconds.push(begun.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

/// One after the other, each deleted at once: a member may have twenty.
async fn upload(browser: &Browser, address: &str, token: &str, files: Vec<Bytes>) -> Result<(), Fault> {
    for file in files {
        let answer = ask(browser, Method::POST, address, "/api/media", (token, file)).await?;
        let photo = answer["photo"].as_str().ok_or_else(|| format!("no photo in {answer}"))?.to_owned();
        ask(browser, Method::DELETE, address, &format!("/api/media/{photo}"), (token, Bytes::new())).await?;
    }
    Ok(())
}

async fn ask(
    browser: &Browser,
    method: Method,
    address: &str,
    path: &str,
    (token, body): (&str, Bytes),
) -> Result<Value, Fault> {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "image/jpeg")
        .body(Full::from(body))?;
    let answer = browser.request(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        return Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

/// A photo with soft shapes and a little noise.
fn camera(number: usize) -> Result<Vec<u8>, Fault> {
    let seed = u32::try_from(number)? * 37;
    let noise = |x: u32, y: u32| (x.wrapping_mul(374_761_393) ^ y.wrapping_mul(668_265_263)) >> 28;
    let image = RgbImage::from_fn(u32::from(SIDES.0), u32::from(SIDES.1), |x, y| {
        let tone = |part: u32| u8::try_from((part + noise(x, y) / 2) % 256).unwrap_or_default();
        Rgb([tone(x / 20 + seed), tone(y / 16 + seed), tone((x + y) / 40)])
    });
    let mut file = Vec::new();
    Encoder::new(&mut file, 92).encode(&image, SIDES.0, SIDES.1, ColorType::Rgb)?;
    Ok(file)
}

/// What the same files take there; none where it is not installed.
fn vips(folder: &Path, files: &[Bytes]) -> Result<Option<Duration>, Fault> {
    let mut names = Vec::new();
    for (number, file) in files.iter().enumerate() {
        names.push(folder.join(format!("{number}.jpg")));
        fs::write(&names[number], file)?;
    }
    let begun = Instant::now();
    for name in &names {
        for size in SIZES {
            let mut command = Command::new("vipsthumbnail");
            command
                .arg(name)
                .args(["-s", size, "-o", "%s_thumb.jpg[Q=80,strip]"])
                .env("VIPS_CONCURRENCY", "1");
            match command.status() {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Ok(status) if status.success() => {}
                other => return Err(format!("vipsthumbnail: {other:?}").into()),
            }
        }
    }
    Ok(Some(begun.elapsed() / u32::try_from(files.len())?))
}

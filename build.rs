//! Compresses the static files once, so that the program holds them ready to send (`src/web/statics.rs`), and rebuilds
//! when a migration is added: the compiler only sees the ones that were there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::GzEncoder;

/// What browsers load of `static/`; the rest is licences.
const SERVED: [&str; 3] = ["css", "js", "svg"];
/// The best that brotli can do takes ten times as long as this, and saves some percent more.
const BROTLI_QUALITY: u32 = 9;
const BROTLI_WINDOW: u32 = 22;
const BROTLI_BUFFER_BYTES: usize = 64 * 1024;

fn main() -> io::Result<()> {
    for watched in ["build.rs", "schemas", "places.toml", "static"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    for entry in fs::read_dir("static")? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| SERVED.iter().any(|served| end == *served)) {
            compress(&path, &out)?;
        }
    }
    Ok(())
}

/// Writes `<name>.br` and `<name>.gz`.
fn compress(path: &Path, out: &Path) -> io::Result<()> {
    let content = fs::read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = |end: &str| File::create(out.join(format!("{name}.{end}")));
    let mut gzip = GzEncoder::new(file("gz")?, Compression::best());
    gzip.write_all(&content)?;
    gzip.finish()?;
    let mut brotli = CompressorWriter::new(file("br")?, BROTLI_BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW);
    brotli.write_all(&content)?;
    brotli.flush()
}

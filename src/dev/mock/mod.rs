//! `pancake mock`: the answers of the use cases over HTTP, without a database, for front ends that are ahead of the
//! server. A nickname of the cast is her token. Nothing is kept: every request is answered as its use case says.

mod answer;
mod book;
mod list;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use clap::Args;

use crate::app::{Ends, StartError, bind};
use crate::bus::memory::MemoryBus;
use crate::dev::usecase::fault::LoadErrors;
use crate::dev::usecase::load;
use crate::kernel::config::{Config, StoreConfig};
use crate::kernel::context::Context;
use crate::modules;
use crate::openapi;
use crate::shared::passwords::Passwords;
use crate::store::Units;
use crate::web::admission::{self, LoadShed};
use crate::web::serve::serve as serve_http;
use crate::web::{docs, render, statics, strict};
pub use book::Book;

/// Where the list is, beside the front page.
pub const LIST: &str = "/api/mock";
/// What the end may take.
const END_MAX: Duration = Duration::from_secs(1);
/// Who one is on the page of the API.
const HINT: &str = "This is a mock. Under “Authorize”, a nickname of usecases/cast.toml is a token: bob.";

/// What `pancake mock` can be told.
#[derive(Debug, Clone, Args)]
pub struct MockArgs {
    /// Address to serve on
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Folder of the use cases
    #[arg(long, default_value = "usecases")]
    pub usecases: PathBuf,
}

/// Why there is no mock.
#[derive(Debug, thiserror::Error)]
pub enum MockError {
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    UseCases(#[from] LoadErrors),
}

/// Serves until it is told to end.
///
/// # Errors
/// If the use cases do not load, or the address cannot be listened on.
pub async fn serve(args: MockArgs) -> Result<(), MockError> {
    let mut ends = Ends::new().map_err(StartError::Signals)?;
    let listener = bind(args.listen, "--listen").await?;
    let address = listener.local_addr().unwrap_or(args.listen);
    let registry = modules::registry();
    let usecases = load::drafts(&args.usecases, &registry)?;
    let book = Book::of(&registry, usecases);
    let count = book.len();
    let config = Config { listen: address, ..Config::for_tools(StoreConfig::none()) };
    let ctx = Context::assemble(
        config,
        Arc::new(registry),
        Units::default(),
        Arc::new(MemoryBus::default()),
        Passwords::new().map_err(StartError::Passwords)?,
    );
    let server = ctx.spawn(serve_http(listener, router(&ctx, Arc::new(book)), ctx.clone()));
    // Nobody may be reading, and that is no fault.
    let _ = writeln!(io::stdout(), "The mock has {count} answers: http://{address} lists them");
    ends.next().await;
    ctx.stop(END_MAX).await;
    drop(server);
    Ok(())
}

/// The mock as a router, which needs no socket.
#[expect(clippy::disallowed_methods, reason = "a mock has the routes of use cases, not of modules")]
pub fn router(ctx: &Context, book: Arc<Book>) -> Router {
    let (listed, described) = (book.clone(), book.clone());
    let document = openapi::serve::routes_of(move |_| described.document().clone());
    let list = get(async move |headers| list::show(&listed, &headers));
    Router::new()
        .route("/", list.clone())
        .route(LIST, list)
        .fallback(async move |request| answer::answer(&book, request).await)
        .layer(from_fn_with_state(LoadShed::of(ctx), admission::admit))
        .merge(document)
        .merge(docs::routes(HINT))
        .merge(statics::routes())
        .layer(from_fn(strict::refuse))
        .layer(from_fn(render::failures))
        .layer(from_fn(answer::open_to_all))
        .with_state(ctx.clone())
}

//! What a module is, and the one record that everything else is derived from.
//!
//! A module says in [`Module::register`] which actions it offers, which events it publishes and which it
//! listens to. Router, subscriptions, policy check, story, summary and graph all read that record, so none
//! of them can disagree with what runs. Registering does no I/O: `./r graph` needs no database.

mod action;
mod despite;
mod faults;
mod spec;
mod state;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use chrono::TimeDelta;
use schemars::{Schema, SchemaGenerator};

pub use action::{Action, BODY_MAX, EVERYDAY, Limit, Policy, changes};
pub use despite::DespiteBlocks;
pub use spec::{Kit, ModuleSpec};
pub use state::{ModuleState, States};

use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::event::{AnyEvent, AnyListener, Event, Listener};
use crate::openapi::{JsonAction, Signature};
use crate::web::counts::Counter;
use crate::web::guard;
use crate::web::presence::PresenceStore;
use crate::web::visitor::SessionStore;

/// A vertical slice of the site: its own schema, actions, events and pages.
pub trait Module: Send + Sync + 'static {
    /// Name, path segments, purpose and migrations.
    fn spec(&self) -> &'static ModuleSpec;
    /// Writes down what the module does. Pure.
    fn register(&self, at: &mut Registry);
}

/// Whether a program or a person calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    Json,
    Page,
}

/// An action as recorded.
#[derive(Debug, Clone)]
pub struct ActionRecord {
    pub module: &'static str,
    pub face: Face,
    /// The whole path: `/api/flirt/{member}`.
    pub path: String,
    pub action: Action,
    /// The handler's path in the sources: `pancake::modules::flirt::send_flirt::json`.
    pub handler: &'static str,
    /// What it takes and gives; nobody asks that of a page.
    pub signature: Option<Signature>,
}

impl ActionRecord {
    /// `POST /api/flirt/{member}`
    pub fn title(&self) -> String {
        format!("{} {}", self.action.method, self.path)
    }

    /// The allowance that a call uses up.
    pub fn limit(&self) -> Option<Limit> {
        self.action.limit.or_else(|| self.action.changes().then_some(EVERYDAY))
    }
}

/// An event as recorded by its source.
#[derive(Clone, Copy)]
pub struct EventRecord {
    pub name: &'static str,
    pub source: &'static str,
    /// False while nobody publishes it: use cases do.
    pub published: bool,
    /// How long the journal keeps it; for ever where nothing is said.
    pub retention: Option<TimeDelta>,
    /// Reads one from JSON; unknown fields are the caller's to refuse.
    pub parse: fn(&serde_json::Value) -> Result<Box<dyn AnyEvent>, serde_json::Error>,
    /// What its JSON looks like.
    pub schema: fn(SchemaGenerator) -> Schema,
}

/// A listener as recorded by its module.
#[derive(Clone)]
pub struct ListenerRecord {
    pub module: &'static str,
    /// Its type: `KeepCards`.
    pub name: &'static str,
    pub event: &'static str,
    pub source: &'static str,
    /// The version of the module's subscription to the source that brought it.
    pub since: i32,
    /// Its place among all listeners.
    pub number: usize,
    pub listener: Arc<dyn AnyListener>,
}

/// Everything that the modules said of themselves.
#[derive(Default)]
pub struct Registry {
    current: Option<&'static ModuleSpec>,
    modules: Vec<&'static ModuleSpec>,
    actions: Vec<ActionRecord>,
    routes: Vec<(String, MethodRouter<Context>)>,
    events: BTreeMap<(&'static str, &'static str), EventRecord>,
    listeners: Vec<ListenerRecord>,
    sessions: Option<Arc<dyn SessionStore>>,
    counts: Option<Arc<dyn Counter>>,
    stories: Option<Arc<dyn Counter>>,
    presence: Option<Arc<dyn PresenceStore>>,
    states: Vec<state::Make>,
    loops: Vec<state::Loop>,
}

impl Registry {
    /// Asks every module, then checks that the whole fits together.
    ///
    /// # Panics
    /// When it does not; the text says which module has to change. A test and every start come through here.
    pub fn of(modules: &[&'static dyn Module]) -> Self {
        let mut registry = Self::default();
        for module in modules {
            registry.current = Some(module.spec());
            registry.modules.push(module.spec());
            module.register(&mut registry);
        }
        let faults = registry.faults();
        assert!(faults.is_empty(), "the modules do not fit together:\n  {}", faults.join("\n  "));
        registry
    }

    /// Offers an action to programs, below `/api`.
    pub fn json<H, T>(&mut self, action: Action, handler: H)
    where
        H: Handler<T, Context> + JsonAction<T>,
        T: 'static,
    {
        self.record((Face::Json, Some(<H as JsonAction<T>>::SIGNATURE)), action, handler);
    }

    /// Offers an action to people: a page, or a form's target.
    pub fn html<H, T>(&mut self, action: Action, handler: H)
    where
        H: Handler<T, Context>,
        T: 'static,
    {
        self.record((Face::Page, None), action, handler);
    }

    /// Declares an event that this module publishes.
    pub fn publishes<E: Event>(&mut self) {
        self.declare::<E>(true);
    }

    /// Declares an event that this module will publish one day; until then use cases play it.
    pub fn declares_unpublished<E: Event>(&mut self) {
        self.declare::<E>(false);
    }

    /// Subscribes to an event, its own or another module's.
    pub fn listens<L: Listener>(&mut self, listener: L) {
        self.listens_since(1, listener);
    }

    /// Subscribes to one more event of a source that an earlier version of this module reads already.
    ///
    /// `since` is one more than the greatest so far: what the journal holds of the type is then handed to the
    /// listener first, and nodes of the earlier version stop consuming for the module.
    pub fn listens_since<L: Listener>(&mut self, since: i32, listener: L) {
        let module = self.spec().name;
        self.listeners.push(ListenerRecord {
            module,
            name: short_name::<L>(),
            event: L::Event::NAME,
            source: L::Event::SOURCE,
            since,
            number: self.listeners.len(),
            listener: Arc::new(listener),
        });
    }

    /// Names the keeper of sessions. Exactly one module does.
    ///
    /// # Panics
    /// When a second module wants to be it.
    pub fn keeps_sessions(&mut self, store: impl SessionStore + 'static) {
        assert!(self.sessions.is_none(), "two modules keep sessions");
        self.sessions = Some(Arc::new(store));
    }

    /// Names the keeper of who is here. Exactly one module does.
    ///
    /// # Panics
    /// When a second module wants to be it.
    pub fn keeps_presence(&mut self, store: impl PresenceStore + 'static) {
        assert!(self.presence.is_none(), "two modules keep who is here");
        self.presence = Some(Arc::new(store));
    }

    /// Names who counts conversations and alerts for the navigation. Exactly one module does.
    ///
    /// # Panics
    /// When a second module wants to be it.
    pub fn keeps_counts(&mut self, counter: impl Counter + 'static) {
        assert!(self.counts.is_none(), "two modules count for the navigation");
        self.counts = Some(Arc::new(counter));
    }

    /// Names who counts new stories for the navigation. Exactly one module does.
    ///
    /// # Panics
    /// When a second module wants to be it.
    pub fn counts_stories(&mut self, counter: impl Counter + 'static) {
        assert!(self.stories.is_none(), "two modules count stories");
        self.stories = Some(Arc::new(counter));
    }

    /// Keeps a value of this type in memory while the program runs: [`Context::state`] gives it to the slices.
    pub fn has_state<T: ModuleState>(&mut self) {
        self.states.push(state::make::<T>);
    }

    /// Runs this beside the requests until the program ends.
    pub fn runs<F>(&mut self, work: fn(Context) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.loops.push(Box::new(move |ctx| Box::pin(work(ctx))));
    }

    /// The modules' states, new.
    pub fn states(&self, config: &Config) -> States {
        self.states.iter().map(|make| make(config)).collect()
    }

    /// Starts what modules run beside the requests.
    pub fn start_loops(&self, ctx: &Context) {
        for work in &self.loops {
            ctx.spawn_loop(work(ctx.clone()));
        }
    }

    /// The spec of the module that is being asked.
    pub fn spec(&self) -> &'static ModuleSpec {
        self.current.unwrap_or_else(|| unreachable!("only modules register"))
    }

    /// The modules whose changes members are told of at once.
    pub fn live(&self) -> impl Iterator<Item = &'static ModuleSpec> {
        self.modules.iter().copied().filter(|spec| spec.is_live())
    }

    pub fn modules(&self) -> &[&'static ModuleSpec] {
        &self.modules
    }
    pub fn actions(&self) -> &[ActionRecord] {
        &self.actions
    }
    /// Bytes of the longest body that any action takes.
    pub fn body_max(&self) -> usize {
        self.actions.iter().map(|record| record.action.body_max).max().unwrap_or(BODY_MAX)
    }
    /// Bytes of the longest body that this action takes.
    pub fn body_max_of(&self, record: &ActionRecord) -> usize {
        if !record.action.carries_forms {
            return record.action.body_max;
        }
        let forms = self.actions.iter().filter(|record| !record.action.takes_file);
        forms.map(|record| record.action.body_max).max().unwrap_or(BODY_MAX)
    }
    pub fn events(&self) -> impl Iterator<Item = &EventRecord> {
        self.events.values()
    }
    pub fn listeners(&self) -> &[ListenerRecord] {
        &self.listeners
    }
    pub fn presence(&self) -> Option<Arc<dyn PresenceStore>> {
        self.presence.clone()
    }

    pub fn sessions(&self) -> Option<Arc<dyn SessionStore>> {
        self.sessions.clone()
    }
    pub fn counts(&self) -> Option<Arc<dyn Counter>> {
        self.counts.clone()
    }
    pub fn stories(&self) -> Option<Arc<dyn Counter>> {
        self.stories.clone()
    }

    /// The event of this name, whoever publishes it: names are unique over all modules.
    pub fn event(&self, name: &str) -> Option<&EventRecord> {
        self.events.values().find(|event| event.name == name)
    }

    /// The routes with their guards, for the router. Takes them: a router is built once.
    pub fn routes(&self) -> impl Iterator<Item = (&str, MethodRouter<Context>)> {
        self.routes.iter().map(|(path, route)| (path.as_str(), route.clone()))
    }

    fn record<H, T>(&mut self, (face, signature): (Face, Option<Signature>), action: Action, handler: H)
    where
        H: Handler<T, Context>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(action.method.clone())
            .unwrap_or_else(|_| unreachable!("axum knows the methods of Action"));
        let path = match face {
            Face::Json => format!("/api{}", action.path),
            Face::Page => action.path.to_owned(),
        };
        let record = ActionRecord {
            module: self.spec().name,
            face,
            path: path.clone(),
            action,
            handler: std::any::type_name::<H>(),
            signature,
        };
        let route = guard::guarded(&record, on(filter, handler));
        self.actions.push(record);
        match self.routes.iter_mut().find(|(known, _)| *known == path) {
            Some((_, routes)) => *routes = std::mem::take(routes).merge(route),
            None => self.routes.push((path, route)),
        }
    }

    fn declare<E: Event>(&mut self, published: bool) {
        let record = EventRecord {
            name: E::NAME,
            source: E::SOURCE,
            published,
            retention: E::RETENTION,
            parse: |value| Ok(Box::new(<E as serde::Deserialize>::deserialize(value)?) as Box<dyn AnyEvent>),
            schema: |generator| generator.into_root_schema_for::<E>(),
        };
        self.events.insert((E::SOURCE, E::NAME), record);
    }
}

/// A type's name without its path and parameters.
fn short_name<T>() -> &'static str {
    let whole = std::any::type_name::<T>().split('<').next().unwrap_or_default();
    whole.rsplit("::").next().unwrap_or(whole)
}

//! What modules keep in memory while the program runs, and what they run beside the requests.

use std::any::{Any, TypeId};
use std::collections::HashMap;

use futures::future::BoxFuture;

use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;

/// A value that a module keeps in memory, one a node. What is in it is gone when the program ends.
pub trait ModuleState: Send + Sync + 'static {
    /// A new one. It opens nothing: commands put a program together, too.
    fn of(config: &Config) -> Self;
}

/// Every module's.
pub struct States(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

pub(super) type Make = fn(&Config) -> (TypeId, Box<dyn Any + Send + Sync>);
pub(super) type Loop = Box<dyn Fn(Context) -> BoxFuture<'static, ()> + Send + Sync>;

pub(super) fn make<T: ModuleState>(config: &Config) -> (TypeId, Box<dyn Any + Send + Sync>) {
    (TypeId::of::<T>(), Box::new(T::of(config)))
}

impl States {
    /// The value of this type.
    ///
    /// # Errors
    /// 500 where no module has one.
    pub fn get<T: ModuleState>(&self) -> Result<&T, Failure> {
        let state = self.0.get(&TypeId::of::<T>()).and_then(|state| state.downcast_ref());
        state.ok_or_else(|| Failure::internal("no module keeps this state"))
    }
}

impl FromIterator<(TypeId, Box<dyn Any + Send + Sync>)> for States {
    fn from_iter<I: IntoIterator<Item = (TypeId, Box<dyn Any + Send + Sync>)>>(states: I) -> Self {
        Self(states.into_iter().collect())
    }
}

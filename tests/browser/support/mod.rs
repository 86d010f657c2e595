//! What the stories are told with: a town, browsers in it, and the Chromium behind them.

pub(crate) mod browser;
pub(crate) mod chromium;
pub(crate) mod tab;
pub(crate) mod town;

//! What other modules may know of `operations`. It publishes nothing: its page is all there is.

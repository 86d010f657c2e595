//! What a message may say: something, and not more than 2,000 characters as people count them.

use crate::kernel::problem::Problem;
use crate::shared::text::read::ReadRules;

pub(super) const MESSAGE: ReadRules = ReadRules {
    characters: 2000,
    lines: 100,
    blank: Problem::field("chat.text-blank", "Write something first."),
    long: Problem::field(
        "chat.text-long",
        "A message has at most 2,000 characters. Shorten it, or send two.",
    ),
    tall: Problem::field(
        "chat.text-lines",
        "A message has at most 100 lines. Put some together, or send two.",
    ),
    marks: Problem::field("chat.text-marks", "A character has at most 8 marks on it. Leave some out."),
};

//! `threepid schema`: the JSON Schema of scenario files.

use super::exit::Exit;
use super::terminal;
use threepid_engine::scenario::json_schema;

pub(super) fn schema() -> Exit {
    terminal::out(&format!("{:#}\n", json_schema()));
    Exit::Ok
}

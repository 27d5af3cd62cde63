//! `threepid schema`: the JSON Schemas of scenario files and of records.

use super::args::SchemaArgs;
use super::exit::Exit;
use super::terminal;
use threepid_engine::scenario::json_schema;
use threepid_record::model::Report;

pub(super) fn schema(args: &SchemaArgs) -> Exit {
    let schema = if args.record { Report::json_schema() } else { json_schema() };
    terminal::out(&format!("{schema:#}\n"));
    Exit::Ok
}

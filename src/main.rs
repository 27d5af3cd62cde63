//! The program: hands its arguments to the command line and ends with its exit code.

fn main() {}

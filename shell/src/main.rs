//! `reel`: one shell for users and admins.
fn main() {}

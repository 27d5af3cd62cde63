//! Which request goes where.
//!
//! *Takes* the shared server; *gives* the router; *never* answers by itself, except what belongs to no endpoint: unknown paths
//! (404), wrong methods (405) and the preflight requests of browsers.
//!
//! Specification: client-server API, "Web browser clients", "Standard error response" (`M_UNRECOGNIZED`), and the changelog
//! of v1.1, by which every endpoint of r0 is also there under v3.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::{IntoResponse as _, Response},
    routing::{get, post, put},
};

use super::{
    answer::{self, MatrixError},
    endpoints::{
        add, admin, binding, deactivate, federation, link, login, password, profile, pushers, register, request_token,
        submit, threepids, versions,
    },
    rewrite,
    server::Server,
};

/// The versions of the paths that are served alike.
const PREFIXES: [&str; 2] = ["/_matrix/client/r0", "/_matrix/client/v3"];

/// The router of the whole server.
pub(super) fn router(server: Arc<Server>) -> Router {
    let mut router = Router::new()
        .route("/_matrix/client/versions", get(versions::versions))
        .route("/.well-known/matrix/client", get(versions::well_known))
        .route(link::PATH, get(link::fetched).post(link::submitted))
        .route(link::SESSION_PATH, get(link::fetched).post(link::submitted))
        .route(link::DONE_PATH, get(link::done))
        .route(submit::PATH, post(submit::submitted))
        .route("/_synapse/admin/v1/register", get(admin::nonce).post(admin::create))
        .route("/_matrix/client/v1/admin/lock/{user_id}", put(admin::lock))
        .route("/_matrix/client/v1/admin/suspend/{user_id}", put(admin::suspend))
        .route("/_matrix/key/v2/server", get(federation::key))
        .route("/_matrix/federation/v1/openid/userinfo", get(federation::userinfo));
    let without_r0 = usize::from(server.has_defect("r0-is-missing"));
    for prefix in &PREFIXES[without_r0..] {
        router = router.merge(client(prefix));
    }
    router = router
        .fallback(async || MatrixError::unrecognized(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || MatrixError::unrecognized(StatusCode::METHOD_NOT_ALLOWED))
        .layer(from_fn(open_to_browsers))
        .layer(map_response(names_itself));
    let rewrites = server.switches.rewrites();
    if !rewrites.is_empty() {
        router = router.layer(from_fn_with_state(rewrites, rewrite::layer));
    }
    let performs_options = server.has_defect("options-is-performed");
    let router = router.with_state(server);
    if performs_options {
        return Router::new().fallback_service(router).layer(from_fn(perform_options));
    }
    router
}

/// Does what POST would do, and answers as to OPTIONS: what a defect gets wrong.
async fn perform_options(mut request: Request, next: Next) -> Response {
    if *request.method() != Method::OPTIONS {
        return next.run(request).await;
    }
    *request.method_mut() = Method::POST;
    next.run(request).await;
    let mut response = answer::empty();
    answer::allow_any_origin(&mut response);
    response.into_response()
}

fn client(prefix: &str) -> Router<Arc<Server>> {
    let at = |path: &str| format!("{prefix}{path}");
    Router::new()
        .route(&at("/capabilities"), get(versions::capabilities))
        .route(&at("/register"), post(register::register))
        .route(&at("/register/available"), get(register::available))
        .route(&at("/login"), get(login::flows).post(login::login))
        .route(&at("/logout"), post(login::logout))
        .route(&at("/logout/all"), post(login::logout_all))
        .route(&at("/account/whoami"), get(login::whoami))
        .route(&at("/account/3pid"), get(threepids::list).post(add::deprecated))
        .route(&at("/account/3pid/add"), post(add::add))
        .route(&at("/account/3pid/delete"), post(threepids::delete))
        .route(&at("/account/3pid/email/requestToken"), post(request_token::for_adding))
        .route(&at("/register/email/requestToken"), post(request_token::for_registering))
        .route(&at("/account/password/email/requestToken"), post(request_token::for_resetting))
        .route(&at("/account/3pid/msisdn/requestToken"), post(request_token::for_a_phone))
        .route(&at("/register/msisdn/requestToken"), post(request_token::for_a_phone))
        .route(&at("/account/password/msisdn/requestToken"), post(request_token::for_a_phone))
        .route(&at("/account/password"), post(password::change))
        .route(&at("/account/deactivate"), post(deactivate::deactivate))
        .route(&at("/account/3pid/bind"), post(binding::bind))
        .route(&at("/account/3pid/unbind"), post(binding::unbind))
        .route(&at("/profile/{user_id}"), get(profile::whole))
        .route(&at("/profile/{user_id}/{field}"), get(profile::field).put(profile::set))
        .route(&at("/pushers"), get(pushers::list))
        .route(&at("/pushers/set"), post(pushers::set))
        .route(&at("/user/{user_id}/openid/request_token"), post(federation::request_token))
}

/// Says in every answer which server gave it.
async fn names_itself(mut response: Response) -> Response {
    let name = concat!("threepid-reference/", env!("CARGO_PKG_VERSION"));
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static(name));
    response
}

/// Answers preflight requests, and lets pages of any origin read the answers of the API. Pages of ours are not for them.
async fn open_to_browsers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/_matrix/") && !path.starts_with("/.well-known/matrix/") {
        return next.run(request).await;
    }
    let mut response = match *request.method() {
        Method::OPTIONS => answer::empty(),
        _ => next.run(request).await,
    };
    answer::allow_any_origin(&mut response);
    response.into_response()
}

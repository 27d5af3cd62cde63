//! Promises about phone numbers, limits and versions of the API.

use super::declare;

const LIMITS: &str = "client-server-api/#rate-limiting";

declare! {
    PHONE_NUMBERS_GET_A_SID = "phone-numbers-get-a-sid" {
        promise: "A server that sends no text messages says so.",
        rule: "client-server-api/#post_matrixclientv3account3pidmsisdnrequesttoken",
        level: Must,
        covers: ["msisdn-unsupported"],
        caught_by: ["phone-numbers/not-supported"],
    }
    LIMITS_ARE_FORGOTTEN = "limits-are-forgotten" {
        promise: "A client that asks again and again is told to wait.",
        rule: LIMITS,
        level: Should,
        covers: ["rl-by-ip"],
        caught_by: ["rate-limits/by-client"],
    }
    LIMIT_UNDER_ANOTHER_CODE = "limit-under-another-code" {
        promise: "A client that has to wait is told so with M_LIMIT_EXCEEDED.",
        rule: LIMITS,
        level: Should,
        covers: ["rl-by-ip"],
        caught_by: ["rate-limits/by-client"],
    }
    LIMITED_REQUEST_MAILS = "limited-request-mails" {
        promise: "A request beyond the limit sends no mail.",
        rule: LIMITS,
        level: Should,
        covers: ["rl-by-ip"],
        caught_by: ["rate-limits/by-client"],
    }
    R0_IS_MISSING = "r0-is-missing" {
        promise: "Whoever lists a version of r0 serves the endpoints of these flows under r0 too.",
        rule: "client-server-api/#api-standards",
        level: Convention,
        covers: ["prefix-r0-equals-v3"],
        caught_by: ["api-versions/either-prefix"],
    }
}

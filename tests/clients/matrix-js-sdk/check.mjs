// Registers, adds, lists and removes an address and resets a password with the public functions of matrix-js-sdk.
//
// Takes the program `threepid` and options for its `serve`; starts it, takes its mail, and does what a client does. Ends
// with 0 if the client got what it needs, else with 1 and a line that names the step. It never looks at a scenario.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { simpleParser } from "mailparser";
import { createClient, InteractiveAuth } from "matrix-js-sdk";
import { SMTPServer } from "smtp-server";

const PATIENCE_MS = 20_000;
const LONGEST_MS = 60_000;
const [program, ...options] = process.argv.slice(2);
// It tells of each stage, whatever its logger is.
console.debug = console.info = () => {};
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };

/** Takes mail, and hands the link of each to whoever waits for its recipient. */
class Mailbox {
    #waiting = new Map();
    #server = new SMTPServer({
        disabledCommands: ["AUTH", "STARTTLS"],
        onData: (stream, session, done) => {
            simpleParser(stream).then((mail) => {
                const link = /https?:\/\/\S+/.exec(mail.text ?? "")?.[0];
                for (const { address } of session.envelope.rcptTo) this.#waiting.get(address)?.(link);
                done();
            }, done);
        },
    });

    async listen() {
        this.#server.listen(0, "127.0.0.1");
        await once(this.#server.server, "listening");
        return this.#server.server.address().port;
    }

    /** The link of the next mail to an address; to be called before it is asked for. */
    link(address) {
        return new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`no mail came for ${address}`)), PATIENCE_MS);
            this.#waiting.set(address, (link) => {
                clearTimeout(late);
                link ? resolve(link) : reject(new Error("the mail has no link"));
            });
        });
    }

    close() {
        this.#server.close();
    }
}

/** Follows a link as a browser does, and sends the form of its page if there is one. */
async function follow(link) {
    const page = await fetch(link, { redirect: "manual" });
    const text = await page.text();
    const form = /<form[^>]*>[^]*?<\/form>/i.exec(text)?.[0];
    if (!form) return expect(page.status < 400, `the link answered ${page.status}`);
    const fields = new URLSearchParams();
    const attribute = (tag, name) => new RegExp(`${name}="([^"]*)"`, "i").exec(tag)?.[1]?.replaceAll("&amp;", "&");
    for (const [tag] of form.matchAll(/<input[^>]*>/gi)) {
        if (attribute(tag, "name")) fields.set(attribute(tag, "name"), attribute(tag, "value") ?? "");
    }
    const action = new URL(attribute(form, "action") || link, link);
    const sent = await fetch(action, { method: "POST", body: fields, redirect: "manual" });
    expect(sent.status < 400, `the form answered ${sent.status}`);
}

function expect(holds, otherwise) {
    if (!holds) throw new Error(otherwise);
}

/** Does a request with the stages that the server asks for, as clients do. */
function authenticated(matrixClient, doRequest, stage, emailAddress, proof) {
    const auth = new InteractiveAuth({
        matrixClient,
        doRequest,
        // Only then does it choose a way that has a mail in it.
        inputs: { emailAddress },
        emailSid: proof?.sid,
        clientSecret: proof?.client_secret,
        stateUpdated: (name) => {
            const own = stage(name);
            if (own) void auth.submitAuthDict(own).catch(() => {});
        },
        requestEmailToken: () => Promise.reject(new Error("no mail was to be asked for")),
    });
    return auth.attemptAuth();
}

const fresh = () => randomBytes(8).toString("hex");
const address = () => `client-${fresh()}@clients.test`;

async function walk(baseUrl, mailbox, at) {
    const guest = () => createClient({ baseUrl, logger: quiet });
    // Asks for a mail, follows its link, and gives what proves that.
    const verified = async (email, ask) => {
        const client_secret = fresh();
        const mail = mailbox.link(email);
        const [{ sid }, link] = await Promise.all([ask(email, client_secret, 1), mail]);
        await follow(link);
        return { sid, client_secret };
    };
    const addresses = async (client) => (await client.getThreePids()).threepids.map((one) => one.address);

    at("register with an address");
    const [username, password, first] = [`client-${fresh()}`, fresh(), address()];
    const newcomer = guest();
    const proof = await verified(first, (...of) => newcomer.requestRegisterEmailToken(...of));
    const registered = await authenticated(
        newcomer,
        (auth) => newcomer.registerRequest({ username, password, auth: auth ?? undefined }),
        (stage) =>
            stage === "m.login.email.identity"
                ? { type: stage, threepid_creds: proof }
                : { type: stage },
        first,
        proof,
    );
    const client = createClient({
        baseUrl,
        logger: quiet,
        userId: registered.user_id,
        accessToken: registered.access_token,
        deviceId: registered.device_id,
    });

    expect((await addresses(client)).includes(first), "the address of the registration is not listed");

    at("add an address");
    const second = address();
    const added = await verified(second, (...of) => client.requestAdd3pidEmailToken(...of));
    const identifier = { type: "m.id.user", user: registered.user_id };
    await authenticated(
        client,
        (auth) => client.addThreePidOnly({ ...added, auth: auth ?? undefined }),
        (stage) => ({ type: stage, identifier, user: registered.user_id, password }),
    );

    at("list the addresses");
    const listed = await addresses(client);
    expect(listed.includes(second), `the list is ${listed}`);

    at("reset the password");
    const other = fresh();
    const forgetful = guest();
    const reset = await verified(second, (...of) => forgetful.requestPasswordEmailToken(...of));
    await authenticated(
        forgetful,
        (auth) => forgetful.setPassword(auth ?? {}, other, false),
        (stage) => ({ type: stage, threepid_creds: reset }),
        second,
        reset,
    );

    at("log in with the address and the new password");
    const login = (secret) =>
        guest().loginRequest({
            type: "m.login.password",
            identifier: { type: "m.id.thirdparty", medium: "email", address: second },
            password: secret,
        });
    expect((await login(other)).user_id === registered.user_id, "another account");
    const refused = await login(password).then(() => false, (fault) => fault.errcode === "M_FORBIDDEN");
    expect(refused, "the old password still serves");

    at("remove the address");
    await client.deleteThreePid("email", second);
    const left = await addresses(client);
    expect(!left.includes(second), `the list is ${left}`);
}

const mailbox = new Mailbox();
const smtp = `127.0.0.1:${await mailbox.listen()}`;
const server = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--smtp", smtp, ...options]);
let step = "start the reference homeserver";
// A stage that is never completed is asked for again and again.
setTimeout(() => {
    console.log(`${step}: it did not come to an end`);
    server.kill("SIGINT");
    process.exit(1);
}, LONGEST_MS).unref();
try {
    const [line] = await once(createInterface(server.stdout), "line", { signal: AbortSignal.timeout(PATIENCE_MS) });
    const baseUrl = /https?:\/\/[^\s;]+/.exec(line)?.[0];
    expect(baseUrl, `it said ${line}`);
    await walk(baseUrl, mailbox, (next) => (step = next));
    console.log("the client got all it needs");
} catch (fault) {
    console.log(`${step}: ${fault.message ?? fault}`);
    process.exitCode = 1;
} finally {
    server.kill("SIGINT");
    mailbox.close();
}

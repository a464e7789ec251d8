// A mail program made of imapflow: tells on standard output, one JSON value a line, what it saw.
// Usage: node session.mjs PORT USER PASSWORD CERTIFICATE MAILBOX TARGET
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The library lies where scripts/setup put it.
const { ImapFlow } = createRequire(process.env.IMAPFLOW_HOME + "/")("imapflow");
const [port, user, pass, certificate, mailbox, target] = process.argv.slice(2);

const say = (event, value) => process.stdout.write(JSON.stringify({ event, value }) + "\n");
const client = new ImapFlow({
    host: "localhost",
    port: Number(port),
    secure: true,
    auth: { user, pass },
    tls: { ca: readFileSync(certificate) },
    logger: false,
    qresync: true,
});

client.on("error", (error) => say("error", String(error)));
client.on("exists", (data) => say("exists", data.count));
client.on("expunge", (data) => say("expunge", { seq: data.seq ?? null, uid: data.uid ?? null }));
client.on("flags", (data) => say("flags", { uid: data.uid ?? null, flags: [...data.flags] }));

await client.connect();
say("enabled", [...client.enabled]);
say("mailboxes", (await client.list()).map((entry) => entry.path));
const lock = await client.getMailboxLock(mailbox);
say("opened", { exists: client.mailbox.exists, path: client.mailbox.path });

const commands = {
    async fetch() {
        const found = [];
        for await (const message of client.fetch("1:*", { uid: true, flags: true, envelope: true, bodyStructure: true })) {
            found.push({ uid: message.uid, flags: [...message.flags], subject: message.envelope.subject });
        }
        return found;
    },
    async source(uid) {
        return (await client.fetchOne(uid, { source: true }, { uid: true })).source.toString();
    },
    flag: (uid) => client.messageFlagsAdd(uid, ["\\Flagged"], { uid: true }),
    async move(uid) {
        const moved = await client.messageMove(uid, target, { uid: true });
        return [...moved.uidMap];
    },
    search: (subject) => client.search({ subject }, { uid: true }),
    async idle() {
        client.idle(); // ends with the next command
        return true;
    },
};

// Commands come one a line: a name and an argument.
let rest = "";
for await (const chunk of process.stdin) {
    rest += chunk;
    let end;
    while ((end = rest.indexOf("\n")) >= 0) {
        const [name, argument] = rest.slice(0, end).split(" ");
        rest = rest.slice(end + 1);
        say(name, await commands[name](argument));
    }
}
lock.release();
await client.logout();

// What Node's applications do by way of ldapts. The first argument says what to do; then come the
// address, the authority's certificate, the base, a name and its password. Prints one fact a line.
"use strict";

const fs = require("node:fs");
const {
  AndFilter, Change, Attribute, Client, EqualityFilter, InvalidCredentialsError, PresenceFilter,
} = require("ldapts");

const [task, url, caFile, base, dn, password, ...rest] = process.argv.slice(2);
const PERSON = "(objectClass=inetOrgPerson)";

function say(...words) {
  console.log(words.join(" "));
}

function tls() {
  return { ca: [fs.readFileSync(caFile)] };
}

async function withClient(work, options = {}) {
  const client = new Client({ url, timeout: 30_000, connectTimeout: 30_000, ...options });
  try {
    await work(client);
  } finally {
    await client.unbind();
  }
}

async function uids(client, filter) {
  const { searchEntries } = await client.search(base, { filter, attributes: ["uid"] });
  return searchEntries.map((entry) => entry.uid).sort().join(",");
}

async function startTls() {
  await withClient(async (client) => {
    await client.startTLS(tls());
    await client.bind(dn, password);
    say("found", await uids(client, PERSON));
    try {
      await client.bind(dn, password + "x");
    } catch (refused) {
      say("refused", refused instanceof InvalidCredentialsError);
    }
    await client.bind(dn, password);
    say("again", await uids(client, PERSON));
  });
}

async function ldaps() {
  await withClient(async (client) => {
    await client.bind(dn, password);
    say("found", await uids(client, PERSON));
  }, { tlsOptions: tls() });
}

async function page() {
  const pageSize = Number(rest[0]);
  await withClient(async (client) => {
    await client.bind(dn, password);
    const all = await client.search(base, { filter: PERSON, paged: { pageSize } });
    say("entries", all.searchEntries.length);
    let pages = 0;
    let entries = 0;
    for await (const result of client.searchPaginated(base, { filter: PERSON, paged: { pageSize } })) {
      pages += 1;
      entries += result.searchEntries.length;
    }
    say("pages", pages, "entries", entries);
  });
}

async function escape() {
  await withClient(async (client) => {
    await client.bind(dn, password);
    for (const name of rest) {
      const filter = new AndFilter({
        filters: [
          new PresenceFilter({ attribute: "member" }),
          new EqualityFilter({ attribute: "cn", value: name }),
        ],
      });
      const found = await client.search(base, { filter, attributes: ["cn"] });
      const [entry] = found.searchEntries;
      const again = await client.search(entry.dn, { scope: "base", attributes: ["cn"] });
      const same = found.searchEntries.length === 1 && entry.cn === name
        && again.searchEntries[0].cn === name;
      say(same ? "same" : "other", name);
    }
  });
}

async function values() {
  await withClient(async (client) => {
    await client.bind(dn, password);
    const ada = `uid=ada,ou=people,${base}`;
    const attributes = ["memberOf", "entryUUID", "createTimestamp"];
    const found = await client.search(ada, {
      scope: "base", attributes, explicitBufferAttributes: ["entryUUID"],
    });
    const [entry] = found.searchEntries;
    say("octets", Buffer.isBuffer(entry.entryUUID), entry.entryUUID.length);
    say("groups", [].concat(entry.memberOf).length);
    say("compared", await client.compare(ada, "title", "COUNTESS"), await client.compare(ada, "title", "x"));
    const { value } = await client.exop("1.3.6.1.4.1.4203.1.11.3");
    say("who", value);
    try {
      await client.modify(ada, new Change({
        operation: "replace", modification: new Attribute({ type: "title", values: ["Boss"] }),
      }));
    } catch (refused) {
      say("refused", refused.code, refused.message);
    }
  });
}

const tasks = { "start-tls": startTls, ldaps, page, escape, values };
tasks[task]().catch((failed) => {
  console.error(failed);
  process.exitCode = 1;
});

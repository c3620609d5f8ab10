"""Keeps a copy by python-ldap's consumer. The first argument says how (refreshOnly,
refreshAndPersist, or both for first the one and then the other); then come the address, a name and its
password, the base, a filter and a size limit, which is 0 for none. Polls once for each line of input, or
for as long as there is input; of both, once for the first line, and with the cookie of that for as long as
there is input after another one. Prints one fact a line."""

import sys
import threading
import time

import ldap
import ldap.ldapobject
import ldap.syncrepl

mode, uri, dn, password, base, condition, limit = sys.argv[1:]


class Consumer(ldap.ldapobject.SimpleLDAPObject, ldap.syncrepl.SyncreplConsumer):
    def __init__(self):
        super().__init__(uri)
        self.cookie = None
        self.copy = {}
        self.present = set()
        self.given = set()

    def syncrepl_get_cookie(self):
        return self.cookie

    def syncrepl_set_cookie(self, cookie):
        self.cookie = cookie

    def syncrepl_entry(self, name, attributes, uuid):
        say("changed" if uuid in self.copy else "new", name.split(",")[0])
        self.given.add(uuid)
        self.copy[uuid] = name.split(",")[0]

    def syncrepl_delete(self, uuids):
        for name in sorted(self.copy.pop(uuid) for uuid in uuids if uuid in self.copy):
            say("gone", name)

    def syncrepl_present(self, uuids, refreshDeletes=False):
        if uuids is not None:
            # The library calls this for entries that came, too.
            mentioned = set(uuids) - self.given
            if mentioned:
                say("present", len(mentioned))
            self.present.update(uuids)
            return
        if not refreshDeletes:
            self.syncrepl_delete([uuid for uuid in self.copy if uuid not in self.present])
        self.present, self.given = set(), set()

    def syncrepl_refreshdone(self):
        say("refreshed", len(self.copy))


def say(*words):
    print(*words, flush=True)


def search(ours, mode):
    asked = {"mode": mode, "filterstr": condition, "sizelimit": int(limit)}
    return ours.syncrepl_search(base, ldap.SCOPE_SUBTREE, **asked)


def once(ours):
    sent = search(ours, "refreshOnly")
    while ours.syncrepl_poll(sent, timeout=30):
        pass
    say("copy", *sorted(ours.copy.values()))


def stay(ours):
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    sent = search(ours, "refreshAndPersist")
    while not over.is_set():
        try:
            if not ours.syncrepl_poll(sent, timeout=0.1):
                break
        except ldap.TIMEOUT:
            pass
        except ldap.LDAPError as ended:
            say("ended", type(ended).__name__)
            return
    if over.is_set():
        ours.cancel_s(sent)
        say("cancelled")


consumer = Consumer()
consumer.simple_bind_s(dn, password)
if mode == "refreshOnly":
    for _ in sys.stdin:
        once(consumer)
else:
    if mode != "refreshAndPersist":
        sys.stdin.readline()
        once(consumer)
        sys.stdin.readline()
    stay(consumer)

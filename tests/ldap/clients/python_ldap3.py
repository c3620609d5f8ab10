"""What applications do by way of ldap3, a library in Python alone. The first argument says what to
do; then come the address, the authority's certificate, the base, a name and its password. Prints one
fact a line."""

import ssl
import sys

import ldap3
from ldap3.core.exceptions import LDAPBindError, LDAPStartTLSError

task, uri, ca_file, base, dn, password, *rest = sys.argv[1:]
ADA = "uid=ada,ou=people," + base


def bound(name, secret, authority=ca_file):
    """Inside TLS; the library reads the schema, and checks against it what it is asked for."""
    trusting = ldap3.Tls(ca_certs_file=authority, validate=ssl.CERT_REQUIRED)
    return ldap3.Connection(ldap3.Server(uri, tls=trusting), name, secret, collect_usage=True,
                            auto_bind=ldap3.AUTO_BIND_TLS_BEFORE_BIND)


def binds(name, secret):
    try:
        return bound(name, secret).bound
    except LDAPBindError:
        return False


def start_tls():
    ours = bound(dn, password)
    print("inside", isinstance(ours.socket, ssl.SSLSocket))
    print("who", ours.extend.standard.who_am_i())
    try:
        bound(dn, password, None)
    except LDAPStartTLSError:
        print("not trusted")
    print("wrong", binds(dn, password + "x"))


def page():
    ours, (size,) = bound(dn, password), rest
    before = ours.usage.search_operations
    found = ours.extend.standard.paged_search(
        base, "(objectClass=inetOrgPerson)", attributes=["uid"], paged_size=int(size))
    names = [entry["dn"] for entry in found]
    print("pages", ours.usage.search_operations - before)
    print("entries", len(names), len(set(names)))


def compare():
    ours = bound(dn, password)
    for name, title in [(ADA, "countess"), (ADA, "duchess"), (ADA.replace("ada", "eve"), "x")]:
        print(ours.compare(name, "title", title), ours.result["description"])


def modify():
    ours = bound(dn, password)
    done = ours.modify(ADA, {"sn": [(ldap3.MODIFY_REPLACE, ["Byron"])]})
    print(done, ours.result["description"], ours.result["message"])
    ours.search(ADA, "(objectClass=*)", ldap3.BASE, attributes=["sn"])
    print(ours.entries[0].sn.value)


def change():
    old, new = rest
    ours = bound(ADA, old)
    changed = ours.extend.standard.modify_password
    print(changed(old_password=old, new_password="brief"), ours.result["message"])
    print(changed(old_password=old, new_password=new), binds(ADA, old), binds(ADA, new))
    made = bound(ADA, new).extend.standard.modify_password(ADA, new)
    print(len(made) >= 20, binds(ADA, new), binds(ADA, made))


{"start-tls": start_tls, "page": page, "compare": compare, "modify": modify,
 "change": change}[task]()

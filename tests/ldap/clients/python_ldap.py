"""What applications do by way of python-ldap. The first argument says what to do; then come the
address, the authority's certificate, the base, a name and its password. Prints one fact a line."""

import sys

import ldap
import ldap.asyncsearch
import ldap.extop
import ldap.filter
import ldap.schema
from ldap.controls.libldap import SimplePagedResultsControl
from ldap.controls.ppolicy import PasswordPolicyControl

task, uri, ca_file, base, dn, password, *rest = sys.argv[1:]
PERSON = "(objectClass=inetOrgPerson)"


def connection():
    made = ldap.initialize(uri)
    made.set_option(ldap.OPT_NETWORK_TIMEOUT, 30)
    made.set_option(ldap.OPT_REFERRALS, 0)
    made.set_option(ldap.OPT_X_TLS_CACERTFILE, ca_file)
    made.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    made.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    return made


def bound():
    made = connection()
    made.simple_bind_s(dn, password)
    return made


def start_tls():
    ours = connection()
    ours.start_tls_s()
    ours.simple_bind_s(dn, password)
    print("who", ours.whoami_s())
    try:
        ours.simple_bind_s(dn, password + "x")
    except ldap.INVALID_CREDENTIALS as refused:
        print("refused", refused.args[0]["desc"], refused.args[0].get("matched", ""))
    print("who", ours.whoami_s() or "nobody")
    try:
        # Not by start_tls_s, which the library itself refuses by then.
        ours.extop_s(ldap.extop.ExtendedRequest("1.3.6.1.4.1.1466.20037", None))
    except ldap.OPERATIONS_ERROR:
        print("twice refused")
    ours.simple_bind_s(dn, password)
    print("who", ours.whoami_s())


def page():
    ours, size, cookie, pages, seen = bound(), int(rest[0]), "", 0, set()
    while True:
        control = SimplePagedResultsControl(True, size=size, cookie=cookie)
        sent = ours.search_ext(base, ldap.SCOPE_SUBTREE, PERSON, ["uid"], serverctrls=[control])
        _, entries, _, controls = ours.result3(sent)
        assert len(entries) <= size
        seen.update(name for name, _ in entries)
        pages += 1
        (answer,) = [control for control in controls if control.controlType == "1.2.840.113556.1.4.319"]
        cookie = answer.cookie
        if not cookie:
            break
    print("pages", pages)
    print("entries", len(seen))


def schema():
    ours = bound()
    subentry = ours.search_subschemasubentry_s(base)
    print("subentry", subentry)
    read = ours.read_subschemasubentry_s(subentry)
    known = ldap.schema.SubSchema(read, check_uniqueness=2)
    for kind in (ldap.schema.AttributeType, ldap.schema.ObjectClass, ldap.schema.MatchingRule,
                 ldap.schema.LDAPSyntax):
        oids = known.listall(kind)
        assert oids, kind
        # What is printed from what was read must be readable again.
        for oid in oids:
            kind(str(known.get_obj(kind, oid)))
    attributes = known.listall(ldap.schema.AttributeType)
    for oid in attributes:
        attribute = known.get_obj(ldap.schema.AttributeType, oid)
        syntax = known.get_inheritedobj(ldap.schema.AttributeType, oid, ["syntax"]).syntax
        assert known.get_obj(ldap.schema.LDAPSyntax, syntax), (attribute.names, syntax)
        for rule in (attribute.equality, attribute.ordering, attribute.substr):
            assert rule is None or known.get_obj(ldap.schema.MatchingRule, rule), rule
    must, may = known.attribute_types(["inetOrgPerson", "posixAccount"])
    names = sorted(kind.names[0] for kind in must.values())
    print("must", *names)
    (_, ada), = ours.search_s(base, ldap.SCOPE_SUBTREE, "(uid=ada)")
    classes = [value.decode() for value in ada["objectClass"]]
    must, may = known.attribute_types(classes)
    allowed = {name.lower() for kind in [*must.values(), *may.values()] for name in kind.names}
    print("beyond", *sorted(name for name in ada if name.lower() not in allowed))
    print("structural", known.get_structural_oc(classes) == known.getoid(
        ldap.schema.ObjectClass, "inetOrgPerson"))


def escape():
    ours = bound()
    for name in rest:
        wanted = ldap.filter.filter_format("(&(objectClass=groupOfNames)(cn=%s))", [name])
        found = ours.search_s(base, ldap.SCOPE_SUBTREE, wanted, ["cn"])
        (found_dn, found), = found
        assert found["cn"] == [name.encode()], found
        parsed = ldap.dn.str2dn(found_dn)
        assert parsed[0][0][1] == name, found_dn
        again = ours.search_s(ldap.dn.dn2str(parsed), ldap.SCOPE_BASE, "(objectClass=*)", ["cn"])
        print("same" if again == [(found_dn, found)] else again, name)


def compare():
    ours = bound()
    ada = "uid=ada,ou=people," + base
    for attribute, value in [("title", b"countess"), ("title", b"duchess")]:
        print(attribute, ours.compare_s(ada, attribute, value))
    for name, attribute in [(ada, "employeeNumber"), (ada, "nosuch"), (ada + "x", "cn")]:
        try:
            print(ours.compare_s(name, attribute, b"x"))
        except ldap.LDAPError as refused:
            print("refused", type(refused).__name__)


def policy():
    ours = connection()
    sent = ours.simple_bind(dn, password, serverctrls=[PasswordPolicyControl()])
    print("code", ours.result3(sent)[0])
    wrong = ours.simple_bind(dn, password + "x", serverctrls=[PasswordPolicyControl(True)])
    try:
        ours.result3(wrong)
    except ldap.LDAPError as refused:
        print("refused", type(refused).__name__)


def follow():
    """Many searches at once, some of which are abandoned."""
    ours = bound()
    sent = [ours.search(base, ldap.SCOPE_SUBTREE, PERSON, ["uid"]) for _ in range(20)]
    for message in sent[::2]:
        ours.abandon(message)
    for message in sent[1::2]:
        kind, entries = ours.result(message, timeout=30)
        assert kind == ldap.RES_SEARCH_RESULT and len(entries) == 2, (kind, entries)
    found = ldap.asyncsearch.List(ours)
    found.startSearch(base, ldap.SCOPE_SUBTREE, PERSON, ["uid"])
    found.processResults()
    print("entries", len(found.allResults))


{"start-tls": start_tls, "page": page, "schema": schema, "escape": escape, "compare": compare,
 "policy": policy, "follow": follow}[task]()

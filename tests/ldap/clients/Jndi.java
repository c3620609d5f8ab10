import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Hashtable;
import java.util.TreeSet;
import javax.naming.AuthenticationException;
import javax.naming.CompositeName;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.SizeLimitExceededException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.BasicAttribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.ModificationItem;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.naming.event.EventContext;
import javax.naming.event.NamespaceChangeListener;
import javax.naming.event.NamingEvent;
import javax.naming.event.NamingExceptionEvent;
import javax.naming.ldap.Control;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.LdapContext;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.PagedResultsControl;
import javax.naming.ldap.PagedResultsResponseControl;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * What Jenkins, Jira, Keycloak and Directory Studio do by way of JNDI. The first argument says
 * what to do; then come the address, the authority's certificate, the base, a name and its
 * password. It prints one fact a line.
 */
public final class Jndi {
    private static final String UUID = "entryUUID";
    private static String uri;
    private static String caFile;
    private static String base;
    private static String dn;
    private static String password;

    private Jndi() {
    }

    public static void main(String[] arguments) throws Exception {
        uri = arguments[1];
        caFile = arguments[2];
        base = arguments[3];
        dn = arguments[4];
        password = arguments[5];
        switch (arguments[0]) {
            case "infer" -> infer();
            case "page" -> page(Integer.parseInt(arguments[6]));
            case "start-tls" -> startTls(arguments[6]);
            case "ldaps" -> ldaps();
            case "schema" -> schema(arguments[6] + "," + base);
            case "binary" -> binary();
            case "referral" -> referral();
            case "limit" -> limit();
            case "names" -> names();
            case "compare" -> compare(arguments[6]);
            case "write" -> write();
            case "listen" -> listen();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** As Jenkins finds its base: from the root, as somebody who is bound. */
    private static void infer() throws NamingException {
        LdapContext context = bound(environment());
        Attributes root = context.getAttributes("", new String[] {"namingContexts"});
        say("base", root.get("namingContexts").get());
        say("version", context.getAttributes("", new String[] {"supportedLDAPVersion"})
            .get("supportedLDAPVersion").get());
        NamingEnumeration<SearchResult> groups = context.search(base,
            "(| (member={0}) (uniqueMember={0}) (memberUid={1}))",
            new Object[] {"uid=ada,ou=people," + base, "ada"}, subtree("cn"));
        print("group", groups, "cn");
        context.close();
    }

    private static void page(int size) throws NamingException, IOException {
        LdapContext context = bound(environment());
        byte[] cookie = null;
        int pages = 0;
        TreeSet<String> seen = new TreeSet<>();
        do {
            context.setRequestControls(
                new Control[] {new PagedResultsControl(size, cookie, Control.CRITICAL)});
            NamingEnumeration<SearchResult> results =
                context.search(base, "(objectClass=inetOrgPerson)", subtree("uid"));
            int here = 0;
            while (results.hasMore()) {
                seen.add(text(results.next(), "uid"));
                here++;
            }
            if (here > size) {
                throw new IllegalStateException(here + " entries on a page of " + size);
            }
            pages++;
            cookie = null;
            for (Control control : context.getResponseControls()) {
                if (control instanceof PagedResultsResponseControl paged) {
                    cookie = paged.getCookie();
                }
            }
        } while (cookie != null);
        say("pages", pages);
        say("entries", seen.size());
        say("first", seen.first());
        context.close();
    }

    /** Anonymous in clear, TLS on the same connection, one bind, and another one. */
    private static void startTls(String wrong) throws Exception {
        LdapContext context = new InitialLdapContext(environment(), null);
        StartTlsResponse tls = (StartTlsResponse) context.extendedOperation(new StartTlsRequest());
        say("protocol", tls.negotiate(trusting()).getProtocol());
        bind(context, dn, password);
        say("found", find(context, "(uid=ada)"));
        try {
            bind(context, dn, wrong);
            find(context, "(uid=ada)");
        } catch (AuthenticationException refused) {
            say("refused", refused.getMessage());
        }
        bind(context, dn, password);
        say("again", find(context, "(uid=ada)"));
        tls.close();
        context.close();
    }

    private static void ldaps() throws NamingException {
        Hashtable<String, String> environment = environment();
        environment.put("java.naming.ldap.factory.socket", Trusting.class.getName());
        LdapContext context = bound(environment);
        say("found", find(context, "(uid=ada)"));
        context.close();
    }

    private static void schema(String name) throws NamingException {
        LdapContext context = bound(environment());
        DirContext schema = context.getSchema("");
        DirContext person = (DirContext) schema.lookup("ClassDefinition/person");
        say("must", new TreeSet<Object>(java.util.Collections.list(
            (java.util.Enumeration<?>) person.getAttributes("").get("MUST").getAll())));
        DirContext own = context.getSchemaClassDefinition(name);
        TreeSet<String> classes = new TreeSet<>();
        NamingEnumeration<SearchResult> results = own.search("", null);
        while (results.hasMore()) {
            classes.add(results.next().getName());
        }
        say("classes", classes);
        Attributes entry = context.getAttributes(name, new String[] {"*", "+"});
        NamingEnumeration<? extends Attribute> all = entry.getAll();
        int defined = 0;
        while (all.hasMore()) {
            Attribute attribute = all.next();
            Attributes definition = attribute.getAttributeDefinition().getAttributes("");
            // A type without a syntax of its own has that of its superior.
            if (definition.get("SYNTAX") != null) {
                attribute.getAttributeSyntaxDefinition().getAttributes("");
            } else if (definition.get("SUP") == null) {
                throw new IllegalStateException(attribute.getID() + " has no syntax");
            }
            defined++;
        }
        say("defined", defined == entry.size());
        context.close();
    }

    /** Values that an application wants as octets, and those that are text by nature. */
    private static void binary() throws NamingException {
        Hashtable<String, String> environment = environment();
        environment.put("java.naming.ldap.attributes.binary", UUID);
        LdapContext context = bound(environment);
        Attributes ada = context.getAttributes("uid=ada,ou=people," + base,
            new String[] {UUID, "cn", "userCertificate;binary", "jpegPhoto"});
        Object uuid = ada.get(UUID).get();
        say("octets", uuid instanceof byte[] octets ? octets.length : uuid);
        say("text", ada.get("cn").get());
        say("attributes", ada.size());
        byte[] octets = (byte[]) uuid;
        NamingEnumeration<SearchResult> found =
            context.search(base, "(entryUUID={0})", new Object[] {octets}, subtree("uid"));
        print("by", found, "uid");
        found = context.search(base, "(userCertificate;binary={0})",
            new Object[] {new byte[] {(byte) 0xff, 0, '(', '*'}}, subtree("uid"));
        say("none", !found.hasMore());
        context.close();
    }

    private static void referral() throws NamingException {
        for (String how : new String[] {"ignore", "follow", "throw"}) {
            Hashtable<String, String> environment = environment();
            environment.put(Context.REFERRAL, how);
            LdapContext context = bound(environment);
            say(how, find(context, "(uid=ada)"));
            context.close();
        }
    }

    private static void limit() throws NamingException {
        LdapContext context = bound(environment());
        SearchControls controls = subtree("uid");
        controls.setCountLimit(1);
        controls.setTimeLimit(5_000);
        NamingEnumeration<SearchResult> results =
            context.search(base, "(objectClass=inetOrgPerson)", controls);
        int seen = 0;
        try {
            while (results.hasMore()) {
                results.next();
                seen++;
            }
        } catch (SizeLimitExceededException exceeded) {
            say("exceeded", exceeded.getMessage());
        }
        say("seen", seen);
        context.close();
    }

    /** Names with characters that mean something to JNDI or in a filter, there and back. */
    private static void names() throws NamingException {
        LdapContext context = bound(environment());
        NamingEnumeration<SearchResult> groups =
            context.search("ou=groups," + base, "(objectClass=groupOfNames)", subtree("cn"));
        while (groups.hasMore()) {
            SearchResult group = groups.next();
            String name = text(group, "cn");
            LdapName full = new LdapName(group.getNameInNamespace());
            boolean same = full.getRdn(full.size() - 1).getValue().equals(name)
                && context.getAttributes(full).get("cn").get().equals(name)
                && context.getAttributes(new CompositeName().add(full.toString())).size() > 0
                && context.search(base, "(cn={0})", new Object[] {name}, subtree("cn")).hasMore();
            say(same ? "same" : "other", name);
        }
        context.close();
    }

    /** JNDI compares by a search of one entry that asks for no attributes. */
    private static void compare(String mail) throws NamingException {
        LdapContext context = bound(environment());
        SearchControls none = new SearchControls();
        none.setSearchScope(SearchControls.OBJECT_SCOPE);
        none.setReturningAttributes(new String[0]);
        String ada = "uid=ada,ou=people," + base;
        for (String value : new String[] {mail, mail.toUpperCase(), "somebody@else.example"}) {
            say("compared",
                context.search(ada, "(mail={0})", new Object[] {value}, none).hasMore());
        }
        context.close();
    }

    private static void write() throws NamingException {
        LdapContext context = bound(environment());
        ModificationItem change = new ModificationItem(
            DirContext.REPLACE_ATTRIBUTE, new BasicAttribute("title", "Boss"));
        try {
            context.modifyAttributes("uid=ada,ou=people," + base, new ModificationItem[] {change});
        } catch (NamingException refused) {
            say("refused", refused.getClass().getSimpleName() + " " + refused.getMessage());
        }
        say("alive", find(context, "(uid=ada)"));
        context.close();
    }

    /** A listener makes JNDI send a persistent search, which is critical. */
    private static void listen() throws NamingException, InterruptedException {
        LdapContext context = bound(environment());
        java.util.concurrent.LinkedBlockingQueue<String> heard =
            new java.util.concurrent.LinkedBlockingQueue<>();
        EventContext events = (EventContext) context.lookup("ou=people," + base);
        events.addNamingListener("", EventContext.SUBTREE_SCOPE, new NamespaceChangeListener() {
            @Override public void objectAdded(NamingEvent event) {
                heard.add("added");
            }

            @Override public void objectRemoved(NamingEvent event) {
                heard.add("removed");
            }

            @Override public void objectRenamed(NamingEvent event) {
                heard.add("renamed");
            }

            @Override public void namingExceptionThrown(NamingExceptionEvent event) {
                heard.add(event.getException().getMessage());
            }
        });
        say("heard", heard.poll(30, java.util.concurrent.TimeUnit.SECONDS));
        say("alive", find(context, "(uid=ada)"));
        context.close();
    }

    private static Hashtable<String, String> environment() {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        environment.put(Context.PROVIDER_URL, uri);
        environment.put("com.sun.jndi.ldap.connect.timeout", "30000");
        environment.put("com.sun.jndi.ldap.read.timeout", "30000");
        return environment;
    }

    private static LdapContext bound(Hashtable<String, String> environment) throws NamingException {
        environment.put(Context.SECURITY_AUTHENTICATION, "simple");
        environment.put(Context.SECURITY_PRINCIPAL, dn);
        environment.put(Context.SECURITY_CREDENTIALS, password);
        return new InitialLdapContext(environment, null);
    }

    private static void bind(LdapContext context, String name, String secret) throws NamingException {
        context.addToEnvironment(Context.SECURITY_AUTHENTICATION, "simple");
        context.addToEnvironment(Context.SECURITY_PRINCIPAL, name);
        context.addToEnvironment(Context.SECURITY_CREDENTIALS, secret);
        context.reconnect(null);
    }

    private static SearchControls subtree(String... attributes) {
        SearchControls controls = new SearchControls();
        controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
        controls.setReturningAttributes(attributes);
        return controls;
    }

    private static String find(LdapContext context, String filter) throws NamingException {
        return context.search(base, filter, subtree("uid")).next().getNameInNamespace();
    }

    private static String text(SearchResult result, String attribute) throws NamingException {
        return (String) result.getAttributes().get(attribute).get();
    }

    private static void print(String word, NamingEnumeration<SearchResult> results, String attribute)
        throws NamingException {
        TreeSet<String> values = new TreeSet<>();
        while (results.hasMore()) {
            values.add(text(results.next(), attribute));
        }
        say(word, values);
    }

    private static void say(String word, Object fact) {
        System.out.println(word + ": " + fact);
    }

    private static SSLSocketFactory trusting() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (InputStream file = new FileInputStream(caFile)) {
            store.setCertificateEntry(
                "authority", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    /** Sockets for LDAPS; JNDI makes the factory by its name. */
    public static final class Trusting extends SocketFactory {
        public static SocketFactory getDefault() {
            return new Trusting();
        }

        @Override public Socket createSocket() throws IOException {
            return factory().createSocket();
        }

        @Override public Socket createSocket(String host, int port) throws IOException {
            return factory().createSocket(host, port);
        }

        @Override public Socket createSocket(String host, int port, InetAddress local, int from)
            throws IOException {
            return factory().createSocket(host, port, local, from);
        }

        @Override public Socket createSocket(InetAddress host, int port) throws IOException {
            return factory().createSocket(host, port);
        }

        @Override public Socket createSocket(InetAddress host, int port, InetAddress local, int from)
            throws IOException {
            return factory().createSocket(host, port, local, from);
        }

        private static SSLSocketFactory factory() throws IOException {
            try {
                return trusting();
            } catch (Exception failed) {
                throw new IOException(failed);
            }
        }
    }
}

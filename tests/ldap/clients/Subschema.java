import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import org.apache.directory.api.ldap.model.schema.AttributeType;
import org.apache.directory.api.ldap.model.schema.ObjectClass;
import org.apache.directory.api.ldap.model.schema.SchemaObject;
import org.apache.directory.api.ldap.model.schema.parsers.AbstractSchemaParser;
import org.apache.directory.api.ldap.model.schema.parsers.AttributeTypeDescriptionSchemaParser;
import org.apache.directory.api.ldap.model.schema.parsers.LdapSyntaxDescriptionSchemaParser;
import org.apache.directory.api.ldap.model.schema.parsers.MatchingRuleDescriptionSchemaParser;
import org.apache.directory.api.ldap.model.schema.parsers.ObjectClassDescriptionSchemaParser;

/** Reads a subschema from standard input, a definition a line behind its attribute, as Directory Studio does. */
public final class Subschema {
    private Subschema() {
    }

    /** Prints how many definitions of each kind were read; ends with an error when one cannot be. */
    public static void main(String[] arguments) throws Exception {
        var parsers = new TreeMap<String, AbstractSchemaParser<? extends SchemaObject>>();
        parsers.put("attributeTypes", new AttributeTypeDescriptionSchemaParser());
        parsers.put("ldapSyntaxes", new LdapSyntaxDescriptionSchemaParser());
        parsers.put("matchingRules", new MatchingRuleDescriptionSchemaParser());
        parsers.put("objectClasses", new ObjectClassDescriptionSchemaParser());
        var counts = new TreeMap<String, Integer>();
        Set<String> known = new HashSet<>();
        Set<String> named = new HashSet<>();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] parts = line.split(": ", 2);
            AbstractSchemaParser<? extends SchemaObject> parser = parsers.get(parts[0]);
            parser.setQuirksMode(false);
            SchemaObject read = parser.parse(parts[1]);
            counts.merge(parts[0], 1, Integer::sum);
            if (read instanceof AttributeType type) {
                type.getNames().forEach(name -> known.add(name.toLowerCase(Locale.ROOT)));
            } else if (read instanceof ObjectClass type) {
                named.addAll(type.getMustAttributeTypeOids());
                named.addAll(type.getMayAttributeTypeOids());
            }
        }
        for (String name : named) {
            if (!known.contains(name.toLowerCase(Locale.ROOT))) {
                throw new IllegalStateException("no definition of " + name);
            }
        }
        System.out.println(counts);
    }
}

import java.io.File;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.xml.sax.SAXException;

/** Validates files with the JDK's own schema processor: prints "valid" or "invalid", tab, file. */
public class Validate {
    public static void main(String[] arguments) throws Exception {
        SchemaFactory factory = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI);
        Schema schema = factory.newSchema(new File(arguments[0]));
        for (int i = 1; i < arguments.length; i++) {
            String verdict = "valid";
            try {
                schema.newValidator().validate(new StreamSource(new File(arguments[i])));
            } catch (SAXException error) {
                verdict = "invalid";
            }
            System.out.println(verdict + "\t" + arguments[i]);
        }
    }
}

// Verifies enveloped XAdES signatures with the JDK's own XML Signature implementation.
// Usage: java Verify.java ANCHORS.pem FILE... ; prints one line per file: VERDICT, tab, FILE, detail.

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

public class Verify {
    static final String DS = XMLSignature.XMLNS;
    static final String XADES = "http://uri.etsi.org/01903/v1.3.2#";

    public static void main(String[] arguments) throws Exception {
        List<X509Certificate> anchors = new ArrayList<>();
        CertificateFactory certificates = CertificateFactory.getInstance("X.509");
        try (InputStream pem = new FileInputStream(arguments[0])) {
            certificates.generateCertificates(pem).forEach(one -> anchors.add((X509Certificate) one));
        }
        for (int index = 1; index < arguments.length; index++) {
            String verdict;
            try {
                verdict = verify(Path.of(arguments[index]), anchors, certificates);
            } catch (Exception error) {
                verdict = "INVALID " + error;
            }
            System.out.println(verdict.replace('\n', ' ') + "\t" + arguments[index]);
        }
    }

    static String verify(Path file, List<X509Certificate> anchors, CertificateFactory certificates)
            throws Exception {
        DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
        parsers.setNamespaceAware(true);
        Document document = parsers.newDocumentBuilder().parse(new ByteArrayInputStream(Files.readAllBytes(file)));
        Element signed = (Element) document.getElementsByTagNameNS(DS, "Signature").item(0);
        X509Certificate signer = (X509Certificate) certificates.generateCertificate(new ByteArrayInputStream(
                Base64.getMimeDecoder().decode(first(signed, DS, "X509Certificate").getTextContent())));
        if (anchors.stream().noneMatch(anchor -> issued(anchor, signer))) {
            return "INVALID no anchor issued the certificate";
        }
        DOMValidateContext context = new DOMValidateContext(signer.getPublicKey(), signed);
        context.setIdAttributeNS(first(signed, XADES, "SignedProperties"), null, "Id");
        context.setIdAttributeNS(first(signed, DS, "KeyInfo"), null, "Id");
        XMLSignature signature = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
        for (Reference reference : signature.getSignedInfo().getReferences()) {
            if (!reference.validate(context)) {
                return "DIGEST_MISMATCH " + reference.getURI();
            }
        }
        return signature.getSignatureValue().validate(context) ? "VALID" : "INVALID signature value";
    }

    static Element first(Element parent, String namespace, String name) {
        return (Element) parent.getElementsByTagNameNS(namespace, name).item(0);
    }

    static boolean issued(X509Certificate anchor, X509Certificate signer) {
        try {
            signer.verify(anchor.getPublicKey());
            return true;
        } catch (Exception error) {
            return anchor.equals(signer);
        }
    }
}

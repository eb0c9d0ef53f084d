// Verifies enveloped XAdES signatures with npm's xadesjs.
// Usage: NODE_PATH=.../node_modules node verify.cjs ANCHORS.pem FILE...
// Prints one line per file: VERDICT, tab, FILE.

const { X509Certificate, webcrypto } = require("node:crypto");
const { readFileSync } = require("node:fs");
const xmldom = require("@xmldom/xmldom");
const xpath = require("xpath");
const xades = require("xadesjs");

xades.setNodeDependencies({
  XMLSerializer: xmldom.XMLSerializer,
  DOMParser: xmldom.DOMParser,
  DOMImplementation: xmldom.DOMImplementation,
  xpath,
});
xades.Application.setEngine("NodeJS", webcrypto);

const [anchorsFile, ...files] = process.argv.slice(2);
const anchors = readFileSync(anchorsFile, "utf-8")
  .match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g)
  .map((pem) => new X509Certificate(pem));

async function verify(file) {
  const document = xades.Parse(readFileSync(file, "utf-8"));
  const element = document.getElementsByTagNameNS("http://www.w3.org/2000/09/xmldsig#", "Signature")[0];
  const text = element.getElementsByTagNameNS("http://www.w3.org/2000/09/xmldsig#", "X509Certificate")[0];
  const signer = new X509Certificate(Buffer.from(text.textContent, "base64"));
  if (!anchors.some((anchor) => signer.verify(anchor.publicKey) || anchor.raw.equals(signer.raw))) {
    return "INVALID no anchor issued the certificate";
  }
  const signed = new xades.SignedXml(document);
  signed.LoadXml(element);
  return (await signed.Verify()) ? "VALID" : "INVALID signature value";
}

(async () => {
  for (const file of files) {
    let verdict;
    try {
      verdict = await verify(file);
    } catch (error) {
      verdict = (/invalid digest/i.test(error.message) ? "DIGEST_MISMATCH " : "INVALID ") + error.message;
    }
    console.log(`${verdict.replace(/\s+/g, " ")}\t${file}`);
  }
})();

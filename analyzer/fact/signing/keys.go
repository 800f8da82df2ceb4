package signing

// testKeys are the certificates of the key pairs that AOSP publishes, private half included, under
// build/make/target/product/security/*.x509.pem: sha256 of the DER form to the name of the file. Anyone can sign
// with them; apps on sold phones that are signed so can be replaced by anyone.
var testKeys = map[string]string{
	"a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc": "testkey",
	"c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8": "platform",
	"28bbfe4a7b97e74681dc55c2fbb6ccb8d6c74963733f6af6ae74d8c3a6e879fd": "shared",
	"465983f7791f2abeb43ea2cbdc7f21a8260b72bc08a55c839fc1a43bc741a81e": "media",
	"e1dbadce60dc080d15b58a014b0dcf9400e24de23fa00b287a5a982bfebda2ee": "networkstack",
	"a6ccc500ff0e7421200eb66a7fe174ef1b00e52ca91727070cbedf061ff76c35": "bluetooth",
	"abf21f9e2af1d881cc673fddcefa6ed9c269a437bd64b279cf45844cfd589126": "sdk_sandbox",
}

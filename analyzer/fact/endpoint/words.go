package endpoint

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// Tables that tell hosts from the other dotted words of firmware. They were drawn up from the dotted words in
// the code of three dozen builds, Android 2.3 to 14.
var (
	// plainTLDs are top-level domains that are no words of code at the end of a dotted name.
	plainTLDs = set(`com net org cn edu gov mil biz mobi arpa asia travel tel xn--fiqs8s xn--fiqz9s xn--55qx5d`)

	// countryTLDs are those of countries, which are also abbreviations.
	countryTLDs = set(`ae af ag ai am ar at au az ba bd be bg bh br by bz ca cc cd ch ci cl cm co cr cu cy cz de dk do dz ec
		ee eg es eu fi fm fr ge gg gh gl gr gt hk hn hr hu ie il io iq ir is it jm jo jp ke kg kh kr kw kz la lb lk lt lu lv ly
		ma md me mg mk mm mn mo ms mt mu mv mx my mz ng ni nl no np nu nz om pa pe pg ph pk pl pr pt py qa ro rs ru sa sc sd se
		sg si sk sm sn st su sv sy th tj tm tn to tr tt tv tw tz ua ug uk us uy uz vc ve vg vn ws ye za zm zw`)

	// wordTLDs are words that also end the names of settings, classes and files.
	wordTLDs = set(`info app dev pro link live cloud top club site online shop store tech vip xyz wang space fun ltd win work
		news video games game plus page world run one zone team media network services systems security support email mobile
		download host press wiki icu ink ren kim men date loan buzz life today group company center digital agency directory
		in id sh so name tools blog design social party`)

	// codeRoots begin the names of packages, classes, properties and files.
	codeRoots = set(`com org net edu gov android androidx java javax jdk dalvik libcore kotlin kotlinx sun junit scala groovy
		javassist okhttp okhttp3 okio retrofit2 rx io gnu apache google microsoft ro persist sys gsm ril init dhcp debug qemu
		selinux vold wlan wifi bluetooth dom self this window document event system root ctl ota.update vnd dataitem intent
		action extra key pref prefs settings preference config content com1 biz mobi`)

	// countryRoots are country codes: they begin hosts (cn.bing.com) and packages (cn.wps.moffice).
	countryRoots = set(`ae at au be br ca cc ch cn co cz de dk es eu fi fr gr hk hu id ie il in it jp kr me mx my nl no nz ph
		pl pt ro ru se sg sk th tr tv tw ua uk us vn za`)

	// serverWords are first labels of hosts.
	serverWords = set(`www wap m mobile api apis app apps static cdn img image images pic log logs stat stats statistics data
		upload download dl update updates ota fota push msg account accounts login auth passport sso id oauth pay cloud sync
		backup config conf cfg adv ad ads track tracker tracking report reporting collect analytics metrics monitor crash
		feedback search map maps lbs loc location geo ip time ntp dns proxy gateway gw mqtt im chat mail smtp imap pop imap4
		pop3 file files res resource s ssl secure server service services test dev stage staging beta sandbox open developer
		dev-api supl agps xtra epo mms mmsc store market shop news video music v s3 web h5 t i a b c d f g host node edge
		global eu us asia cn sg in ru ap prod pre rtm stun turn xmpp ws socket telemetry device devices iot sdk`)

	// codeWords are second-level names that are words of code.
	codeWords = set(`android java google system app user data util utils core common base view widget manager service provider
		activity fragment model impl type name config event action state status info content`)
)

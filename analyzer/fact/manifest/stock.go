package manifest

import "slices"

// stockProviders are content providers that Android itself exports without a permission for reading, some of
// which check their callers in code (AOSP packages/providers/*, packages/apps/*, external/svox: their
// AndroidManifest.xml between Android 1.6 and 14). That they are open says nothing about who built the phone.
var stockProviders = []string{
	"com.android.browser.provider.BrowserProvider2",
	"com.android.cellbroadcastreceiver.CellBroadcastContentProvider",
	"com.android.exchange.provider.ExchangeDirectoryProvider",
	"com.android.providers.applications.ApplicationsProvider",
	"com.android.providers.blockednumber.BlockedNumberProvider",
	"com.android.providers.contacts.ContactMetadataProvider",
	"com.android.providers.contacts.debug.DumpFileProvider",
	"com.android.providers.downloads.DownloadProvider",
	"com.android.providers.drm.DrmProvider",
	"com.android.providers.media.MediaProvider",
	"com.android.providers.partnerbookmarks.PartnerBookmarksProvider",
	"com.android.providers.settings.SettingsProvider",
	"com.android.providers.telephony.CarrierIdProvider",
	"com.android.providers.telephony.CarrierProvider",
	"com.android.providers.telephony.HbpcdLookupProvider",
	"com.android.providers.telephony.MmsProvider",
	"com.android.providers.telephony.MmsSmsProvider",
	"com.android.providers.telephony.RcsProvider",
	"com.android.providers.telephony.ServiceStateProvider",
	"com.android.providers.telephony.SmsChangesProvider",
	"com.android.providers.telephony.SmsProvider",
	"com.android.providers.telephony.TelephonyProvider",
	"com.android.providers.tv.TvProvider",
	"com.android.providers.userdictionary.UserDictionaryProvider",
	"com.android.quicksearchbox.ShortcutsProvider",
	"com.android.quicksearchbox.google.GoogleSuggestionProvider",
	"com.svox.pico.providers.SettingsProvider",
}

func stock(class string) string {
	if _, ok := slices.BinarySearch(stockProviders, class); ok {
		return "yes"
	}
	return "no"
}

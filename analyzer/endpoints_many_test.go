package analyzer

import (
	"fmt"
	"strings"
)

// manyWrites is a case of endpoints: what a method writes beyond what is kept of it is not known, and what was there before is gone.
func manyWrites() string {
	var one, objects, fields, fill strings.Builder
	for i := range 120 {
		fmt.Fprintf(&fields, "        Object f%03d;\n", i)
		fmt.Fprintf(&one, "            f%03d = x;\n", i)
	}
	for i := range 30 {
		fmt.Fprintf(&objects, "        final Part p%02d = new Part();\n", i)
		for k := range 10 {
			fmt.Fprintf(&fill, "            p%02d.f%d = x;\n", i, k)
		}
	}
	return `// Methods that write more fields than are kept.
// receiver: Boot android.intent.action.BOOT_COMPLETED
// to: http://first.example.com/
// to: http://untouched.example.com/
// unopened: http://stale.example.com/wide
// unopened: http://stale.example.com/deep
// to: {}
package bench.endpoint.many;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import java.io.IOException;
import java.net.URL;

public class Many {
    static class Part {
        Object f0, f1, f2, f3, f4, f5, f6, f7, f8, f9;
    }

    static class Wide {
` + fields.String() + `        String z = "http://stale.example.com/wide";

        void fill(Object x) {
` + one.String() + `            z = "http://new.example.com/wide" + x;
        }
    }

    static class Deep {
` + objects.String() + `        final Last z = new Last();

        void fill(Object x) {
` + fill.String() + `            z.z = "http://new.example.com/deep" + x;
        }
    }

    static class Last {
        String z = "http://stale.example.com/deep";

        void fill(Deep d, Object x) {
            d.fill(x);
            z = "http://first.example.com/";
        }
    }

    public static class Boot extends BroadcastReceiver {
        @Override
        public void onReceive(Context context, Intent intent) {
            try {
                Wide wide = new Wide();
                Last other = new Last();
                wide.fill(intent);
                new URL(wide.z).openStream();
                Deep deep = new Deep();
                deep.fill(intent);
                new URL(deep.z.z).openStream();
                Last last = new Last();
                last.fill(deep, intent);
                new URL(last.z).openStream();
                other.z = "http://untouched.example.com/";
                new URL(other.z).openStream();
            } catch (IOException e) {
                // not sent
            }
        }
    }
}
`
}

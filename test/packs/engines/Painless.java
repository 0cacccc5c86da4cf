import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Scripts of ingest pipelines by Java. See painless.ts for the lines in and out, and for what stands in the place of the remark below, which makes
 * this a program.
 */
@SuppressWarnings({"unchecked", "rawtypes"})
public class Painless {
  /** Turns of loops; Painless ends a script after a million. */
  static int turns;

  static void turn() {
    if (++turns > 1_000_000) throw new IllegalStateException("The maximum number of statements that can be executed in a loop has been reached.");
  }

  // SCRIPTS

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    PrintStream out = new PrintStream(System.out, false, UTF_8);
    Map<String, Object> params = Map.of();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.isEmpty()) {
        out.flush();
        continue;
      }
      int script = Integer.parseInt(line.substring(0, 1));
      Map<String, Object> given = (Map<String, Object>) new Json(line.substring(2)).value();
      if (line.charAt(1) == 'p') {
        params = given;
        continue;
      }
      turns = 0;
      String answer;
      try {
        run(script, given, params);
        answer = "{\"turns\":" + turns + ",\"ctx\":" + Json.text(given) + "}";
      } catch (RuntimeException | StackOverflowError error) {
        answer = "{\"turns\":" + turns + ",\"error\":" + Json.text(String.valueOf(error.getMessage())) + ",\"ctx\":" + Json.text(given) + "}";
      }
      out.println(answer);
    }
  }
}

/** As much of JSON as JSON.stringify writes. */
@SuppressWarnings("rawtypes")
class Json {
  final String text;
  int at = 0;

  Json(String text) {
    this.text = text;
  }

  Object value() {
    char first = text.charAt(at);
    if (first == '{') {
      Map<String, Object> map = new LinkedHashMap<>();
      at++;
      while (text.charAt(at) != '}') {
        String key = (String) value();
        at++;
        map.put(key, value());
        if (text.charAt(at) == ',') at++;
      }
      at++;
      return map;
    }
    if (first == '[') {
      List<Object> list = new ArrayList<>();
      at++;
      while (text.charAt(at) != ']') {
        list.add(value());
        if (text.charAt(at) == ',') at++;
      }
      at++;
      return list;
    }
    if (first == '"') {
      StringBuilder string = new StringBuilder();
      for (at++; text.charAt(at) != '"'; at++) {
        char character = text.charAt(at);
        if (character == '\\') {
          character = text.charAt(++at);
          switch (character) {
            case 'n' -> character = '\n';
            case 't' -> character = '\t';
            case 'r' -> character = '\r';
            case 'b' -> character = '\b';
            case 'f' -> character = '\f';
            case 'u' -> {
              character = (char) Integer.parseInt(text.substring(at + 1, at + 5), 16);
              at += 4;
            }
            default -> {}
          }
        }
        string.append(character);
      }
      at++;
      return string.toString();
    }
    int start = at;
    while (at < text.length() && ",]}:".indexOf(text.charAt(at)) < 0) at++;
    String word = text.substring(start, at);
    return switch (word) {
      case "null" -> null;
      case "true" -> true;
      case "false" -> false;
      default -> number(word);
    };
  }

  static Object number(String word) {
    if (word.matches("-?\\d{1,9}")) return Integer.valueOf(word);
    return word.matches("-?\\d{1,18}") ? (Object) Long.valueOf(word) : (Object) Double.valueOf(word);
  }

  static String text(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  static void write(Object value, StringBuilder out) {
    if (value instanceof Map map) {
      String before = "{";
      for (Object key : map.keySet()) {
        out.append(before);
        write(key, out);
        out.append(':');
        write(map.get(key), out);
        before = ",";
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else if (value instanceof List list) {
      String before = "[";
      for (Object item : list) {
        out.append(before);
        write(item, out);
        before = ",";
      }
      out.append(list.isEmpty() ? "[]" : "]");
    } else if (value instanceof String string) {
      out.append('"');
      for (int n = 0; n < string.length(); n++) {
        char character = string.charAt(n);
        if (character == '"' || character == '\\') out.append('\\').append(character);
        else if (character < ' ' || Character.isSurrogate(character)) out.append(String.format("\\u%04x", (int) character));
        else out.append(character);
      }
      out.append('"');
    } else out.append(value);
  }
}

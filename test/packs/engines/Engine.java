import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Patterns on messages by java.util.regex. See engines.ts for the lines in and out. */
public class Engine {
  static String from(String line) {
    return new String(Base64.getDecoder().decode(line), UTF_8);
  }

  static String to(String text) {
    return text == null ? "~" : Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  /** A message that counts how often a character of it is looked at. */
  static class Counted implements CharSequence {
    final String text;
    long looks = 0;

    Counted(String text) {
      this.text = text;
    }

    public int length() {
      return text.length();
    }

    public char charAt(int index) {
      looks++;
      return text.charAt(index);
    }

    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    public String toString() {
      return text;
    }
  }

  /** Prints for each message how many looks at characters all patterns take together until their first match. */
  static void count(BufferedReader in, List<Pattern> patterns, PrintStream out) throws Exception {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Counted message = new Counted(from(line));
      for (Pattern pattern : patterns) pattern.matcher(message).find();
      out.println(message.looks);
    }
    out.flush();
  }

  /** Each line is a pattern's number and a message; prints the groups of the first match, or the message with all matches replaced. */
  static void pairs(BufferedReader in, List<Pattern> patterns, List<String> replacements, PrintStream out) throws Exception {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split(" ", 2);
      int number = Integer.parseInt(parts[0]);
      Matcher matcher = patterns.get(number).matcher(from(parts[1]));
      if (replacements != null) out.println(to(matcher.replaceAll(replacements.get(number))));
      else if (matcher.find()) {
        List<String> groups = new ArrayList<>();
        for (int group = 0; group <= matcher.groupCount(); group++) groups.add(to(matcher.group(group)));
        out.println(String.join(",", groups));
      } else out.println("-");
    }
    out.flush();
  }

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    PrintStream out = new PrintStream(System.out, false, UTF_8);
    int count = Integer.parseInt(in.readLine());
    List<Pattern> patterns = new ArrayList<>();
    for (int n = 0; n < count; n++) patterns.add(Pattern.compile(from(in.readLine())));
    if (args.length > 0) {
      if (args[0].equals("count")) count(in, patterns, out);
      else if (args[0].equals("first")) pairs(in, patterns, null, out);
      else {
        List<String> replacements = new ArrayList<>();
        for (int n = 0; n < count; n++) replacements.add(from(in.readLine()));
        pairs(in, patterns, replacements, out);
      }
      return;
    }
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String message = from(line);
      List<String> fields = new ArrayList<>();
      for (Pattern pattern : patterns) {
        Matcher matcher = pattern.matcher(message);
        List<String> matches = new ArrayList<>();
        while (matcher.find()) {
          List<String> groups = new ArrayList<>();
          for (int group = 0; group <= matcher.groupCount(); group++) groups.add(to(matcher.group(group)));
          matches.add(String.join(",", groups));
        }
        fields.add(matches.isEmpty() ? "-" : String.join(";", matches));
      }
      out.println(String.join("\t", fields));
    }
    out.flush();
  }
}

# Patterns on messages by Onigmo, the engine of Logstash's grok. See engines.ts for the lines in and out.
def from(line) = line.chomp.unpack1("m").force_encoding("UTF-8")
def to(text) = text.nil? ? "~" : [text].pack("m0")

$stdin.binmode
patterns = Array.new($stdin.gets.to_i) { Regexp.new(from($stdin.gets)) }
while (line = $stdin.gets)
  message = from(line)
  fields = patterns.map do |pattern|
    matches = []
    at = 0
    while at <= message.length && (found = pattern.match(message, at))
      matches << found.to_a.map { |text| to(text) }.join(",")
      at = found.end(0) > found.begin(0) ? found.end(0) : found.end(0) + 1
    end
    matches.empty? ? "-" : matches.join(";")
  end
  puts fields.join("\t")
end

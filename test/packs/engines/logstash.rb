# Logstash's filter "ruby" with "path": the script on events as JSON, a line each; the same out. See ../logstash.ts.
require "json"

class Event
  attr_reader :fields

  def initialize(fields)
    @fields = fields
  end

  def steps(reference)
    reference.start_with?("[") ? reference.scan(/\[([^\[\]]+)\]/).flatten : [reference]
  end

  def get(reference)
    steps(reference).reduce(@fields) { |here, step| here.is_a?(Hash) ? here[step] : nil }
  end

  def set(reference, value)
    *parents, last = steps(reference)
    parents.reduce(@fields) { |here, step| here[step].is_a?(Hash) ? here[step] : (here[step] = {}) }[last] = value
  end

  def remove(reference)
    *parents, last = steps(reference)
    parent = parents.reduce(@fields) { |here, step| here.is_a?(Hash) ? here[step] : nil }
    parent.delete(last) if parent.is_a?(Hash)
  end

  def tag(name)
    @fields["tags"] = (Array(@fields["tags"]) + [name]).uniq
  end
end

$stdin.set_encoding("UTF-8")
$stdout.set_encoding("UTF-8")
script = Object.new
script.instance_eval(File.read(ARGV[0], encoding: "UTF-8"), ARGV[0])
script.register({})
$stdin.each_line { |line| script.filter(Event.new(JSON.parse(line))).each { |event| puts JSON.generate(event.fields) } }

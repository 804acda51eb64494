# The Sidekiq job and producer of scripts/bench: `ruby sidekiq_job.rb COUNT` queues so many.
require "sidekiq"

Sidekiq.configure_server { |config| config.redis = {url: ENV.fetch("BENCH_REDIS")} }
Sidekiq.configure_client { |config| config.redis = {url: ENV.fetch("BENCH_REDIS")} }

class Bench
  include Sidekiq::Worker

  def perform(params)
    return unless [0, params["of"] - 1].include?(params["n"])
    now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond)
    File.write(params["file"], "#{now}\n", mode: "a")
  end
end

if $PROGRAM_NAME == __FILE__
  count = ARGV[0].to_i
  events = (0...count).map do |number|
    [{"n" => number, "of" => count, "file" => ENV.fetch("BENCH_MARKS"), "text" => "x" * 60}]
  end
  events.each_slice(1000) { |slice| Sidekiq::Client.push_bulk("class" => Bench, "args" => slice) }
end

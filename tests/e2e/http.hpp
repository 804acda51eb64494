// What a program says to `actiond web`, by a socket, byte for byte.
#pragma once

#include <chrono>
#include <string>

struct HttpAnswer {
  int status = 0;  // 0: none came
  std::string head, body;
};

// Connects to 127.0.0.1; -1 if nobody listens.
int connect_to_port(int port);

// Sends all of `text` and reads one answer: as much as its Content-Length says. It has 20 s.
HttpAnswer talk(int port, const std::string& text);

// "GET PATH" or "POST PATH", as a program sends it that has the token; empty: without.
HttpAnswer ask_page(int port, const std::string& token, const std::string& what,
                    const std::string& body = {});

# action_add_plugin(<name> <sources>... [VERSION <version>])
#
# Makes the plugin <name>.so: a MODULE target called <name>, which shows nothing but the symbol that
# the host looks for. C and C++ sources may be mixed. The version is the project's unless given.
# A reference that nothing resolves fails the link here instead of the deploy there.
function(action_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "VERSION" "")
  if(NOT plugin_VERSION)
    set(plugin_VERSION "${PROJECT_VERSION}")
  endif()

  add_library(${name} MODULE ${plugin_UNPARSED_ARGUMENTS})
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_link_libraries(${name} PRIVATE ActionEvent::sdk)
  else()
    target_link_libraries(${name} PRIVATE ActionEvent::abi)
  endif()
  target_compile_definitions(${name} PRIVATE ACTION_PLUGIN_NAME="${name}")
  if(plugin_VERSION)
    target_compile_definitions(${name} PRIVATE ACTION_PLUGIN_VERSION="${plugin_VERSION}")
  endif()

  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  target_link_options(${name} PRIVATE -Wl,--version-script=${map})
  # A sanitizer's runtime is in the executable: its symbols stay undefined in a shared object.
  if(NOT ACTION_SANITIZE AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()

<?php
// Publish a post of the editor's; says its number.
require "$argv[1]/wp-load.php";
[, , $theme, $title, $content] = $argv;
switch_theme($theme);
$editor = get_user_by('login', 'editor');
wp_set_current_user($editor->ID);
echo wp_insert_post([
    'post_title' => $title,
    'post_content' => wp_slash($content),
    'post_status' => 'publish',
    'post_author' => $editor->ID,
], false);
